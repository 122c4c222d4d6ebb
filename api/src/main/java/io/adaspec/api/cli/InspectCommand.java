package io.adaspec.api.cli;

import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import io.adaspec.runtime.model.GgufFile;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code adaspec inspect}: what a model file is and what serving it takes. */
@Command(
    name = "inspect",
    description = {
      "Show a model's architecture, shapes, types and memory plan, the same of its draft model, and"
          + " what serve would make of them with the same options: how many tokens fit on each"
          + " device, and the policy. Reads no weights."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class InspectCommand implements Runnable {
  private static final int BLOCK_TOKENS = 16;

  @Mixin private final EngineOptions options = new EngineOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  InspectCommand() {}

  @Override
  public void run() {
    LogLevel.WARN.apply();
    options.requireValid();
    Path path = options.target();
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("model", path.toString());
    try {
      if (isVocabularyOnly(path)) {
        report.put("tokenizer", ModelReport.text(ModelFiles.openText(path)));
      } else {
        addPair(report);
      }
    } catch (IOException e) {
      throw CommandFailure.unreadable(path, e);
    }
    if (output.json()) {
      output.printJson(report);
    } else {
      print("", report);
    }
  }

  private static boolean isVocabularyOnly(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (GgufFile file = GgufFile.open(path)) {
      return file.tensors().isEmpty();
    }
  }

  private void addPair(Map<String, Object> report) {
    EngineConfig config = options.config();
    try (ModelPair pair = options.openModels(output)) {
      report.putAll(model(pair.target()));
      pair.draft()
          .ifPresent(
              draft -> {
                Map<String, Object> own = new LinkedHashMap<>();
                options.draft().ifPresent(path -> own.put("model", path.toString()));
                own.putAll(model(draft));
                report.put("draft", own);
              });
      report.put("devices", devices(config, pair));
      report.put("policy", ModelReport.policy(options.policy(config, pair.draft().isPresent())));
    }
  }

  private static Map<String, Object> model(LoadedModel model) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("name", model.config().name());
    report.put("architecture", model.config().architecture());
    report.put("shape", ModelReport.shape(model.config()));
    report.put("weights", ModelReport.weights(model.weights()));
    report.put(
        "memory",
        ModelReport.memory(CpuDeviceProvider.memoryPlan(model.forDevice(), BLOCK_TOKENS)));
    report.put("tokenizer", ModelReport.text(model.text()));
    return report;
  }

  private Map<String, Object> devices(EngineConfig config, ModelPair pair) {
    Devices devices = Devices.discover();
    Map<String, Object> report = new LinkedHashMap<>();
    for (DeviceSpec spec : options.specs(devices, pair, config)) {
      report.put(spec.name(), ModelReport.device(devices.plan(spec)));
    }
    return report;
  }

  private void print(String indent, Map<?, ?> object) {
    object.forEach(
        (key, value) -> {
          String label = indent + label(String.valueOf(key));
          if (value instanceof Map<?, ?> nested) {
            output.out().println(label);
            print(indent + "  ", nested);
          } else {
            output.out().println(String.format("%-22s %s", label, value));
          }
        });
  }

  /**
   * Keys of ours are lower case with underscores; names of formats and tensors stay as they are.
   */
  private static String label(String key) {
    boolean ours = key.equals(key.toLowerCase(Locale.ROOT)) && key.indexOf('.') < 0;
    return ours ? key.replace('_', ' ') : key;
  }
}
