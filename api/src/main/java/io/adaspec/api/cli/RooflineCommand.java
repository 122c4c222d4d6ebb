package io.adaspec.api.cli;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DevicePeaks;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.FastPrefill;
import io.adaspec.runtime.device.roofline.ModelShape;
import io.adaspec.runtime.device.roofline.Roofline;
import io.adaspec.runtime.device.roofline.RooflineResult;
import io.adaspec.runtime.device.roofline.RooflineSettings;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code adaspec roofline}: how near a device comes to what it can do at best. */
@Command(
    name = "roofline",
    description = {
      "Measure steps of models of known shapes with random weights on one device, beside the copy"
          + " bandwidth and the matrix rate of the same device: decoding, prefill, and draft/verify"
          + " cycles of a pair whose draft is right for four tokens of five. Needs no model file."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class RooflineCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final OutputOptions output = new OutputOptions();

  @Option(names = "--device", paramLabel = "NAME", description = "Where to run. Default: cuda:0.")
  private String device = "cuda:0";

  @Option(
      names = "--shape",
      paramLabel = "NAME",
      split = ",",
      description =
          "Shapes: llama-3.2-1b, llama-3.1-8b, qwen3-0.6b, qwen3-8b, tiny. The first drafts for the"
              + " last. Default: llama-3.2-1b,llama-3.1-8b.")
  private List<String> shapes = List.of("llama-3.2-1b", "llama-3.1-8b");

  @Option(
      names = "--format",
      paramLabel = "NAME",
      split = ",",
      description = "Weights: bf16, f16, q8_0, q4_0. Default: bf16,q8_0,q4_0.")
  private List<WeightFormat> formats =
      List.of(WeightFormat.BF16, WeightFormat.Q8_0, WeightFormat.Q4_0);

  @Option(
      names = "--sequences",
      paramLabel = "N",
      split = ",",
      description = "Sequences that decode side by side. Default: 1,8,32,128.")
  private List<Integer> sequences = List.of(1, 8, 32, 128);

  @Option(
      names = "--prefill",
      paramLabel = "N",
      split = ",",
      description = "Lengths of prompts. Default: 512,2048.")
  private List<Integer> prefills = List.of(512, 2048);

  @Option(
      names = "--cycles",
      paramLabel = "N",
      split = ",",
      description = "Sequences that draft and verify side by side. Default: 1,8.")
  private List<Integer> cycles = List.of(1, 8);

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Tokens of every sequence that decodes or drafts. Default: 256.")
  private int context = 256;

  @Option(
      names = "--draft-tokens",
      paramLabel = "N",
      description = "Draft tokens of a cycle. Default: 4.")
  private int draftTokens = 4;

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      description = "Steps that count, of each kind. Default: 20.")
  private int repetitions = 20;

  @Option(
      names = "--fast-prefill",
      description = "Prefill by NVIDIA's cuBLASLt, where its library is found in the usual places.")
  private boolean fastPrefill;

  private Supplier<String> state = () -> "measuring";

  RooflineCommand() {}

  @Override
  public void run() {
    LogLevel.WARN.apply();
    Devices devices = Devices.discover();
    List<ModelShape> chosen = shapes();
    Roofline roofline =
        new Roofline(
            devices,
            device,
            FastPrefill.off().enabled(fastPrefill),
            settings(),
            what -> state = () -> "measuring " + what);
    try (Progress progress = output.progress("measuring the device")) {
      Optional<DevicePeaks> peaks = peaks(devices);
      progress.update(() -> state.get());
      RooflineTable table = new RooflineTable(peaks, output);
      table.begin(device);
      List<Map<String, Object>> results = new ArrayList<>();
      for (WeightFormat format : formats) {
        for (ModelShape shape : chosen) {
          results.addAll(
              measured(table, shape.label(), format, sink -> roofline.alone(shape, format, sink)));
        }
        ModelShape target = chosen.getLast();
        ModelShape draft = chosen.getFirst();
        String pair = target.label() + " + " + draft.label();
        results.addAll(
            measured(table, pair, format, sink -> roofline.pair(target, draft, format, sink)));
      }
      table.end(device, results);
    }
  }

  /** What could be measured of one model, and why the rest could not. */
  private static List<Map<String, Object>> measured(
      RooflineTable table,
      String model,
      WeightFormat format,
      Consumer<Consumer<RooflineResult>> measurement) {
    List<Map<String, Object>> results = new ArrayList<>();
    try {
      measurement.accept(result -> results.add(table.add(model, format, result)));
    } catch (DeviceException | IllegalArgumentException e) {
      String reason = String.valueOf(e.getMessage());
      table.refused(model, format, reason);
      Map<String, Object> refused = new LinkedHashMap<>();
      refused.put("model", model);
      refused.put("weights", format.toString().toLowerCase(Locale.ROOT));
      refused.put("refused", reason);
      results.add(refused);
    }
    return results;
  }

  private Optional<DevicePeaks> peaks(Devices devices) {
    try {
      return devices.peaks(new DeviceSpec(device, Optional.empty(), Optional.empty(), 0, 0, 16, 1));
    } catch (DeviceException | IllegalArgumentException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private List<ModelShape> shapes() {
    try {
      return shapes.stream().map(ModelShape::of).toList();
    } catch (IllegalArgumentException e) {
      throw usage("--shape: " + e.getMessage());
    }
  }

  private RooflineSettings settings() {
    if (formats.contains(WeightFormat.F32)) {
      throw usage("--format takes bf16, f16, q8_0 and q4_0, not f32");
    }
    try {
      return new RooflineSettings(sequences, prefills, cycles, context, draftTokens, repetitions);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
