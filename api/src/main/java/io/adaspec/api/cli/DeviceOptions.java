package io.adaspec.api.cli;

import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.FastPrefill;
import io.adaspec.runtime.device.sim.SimulatedSettings;
import io.adaspec.runtime.model.LoadedModel;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where models run. */
final class DeviceOptions {
  private static final int BLOCK_TOKENS = 16;
  private static final String SIMULATED = "sim";
  private static final String CUDA = "cuda";
  private static final String ALL_GPUS = "cuda:all";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee = CommandSpec.create();

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "Where to run: cpu, cpu:scalar, cuda:N, cuda:all, sim:PROFILE. Give it several times for"
              + " several devices. Default: cpu.")
  private List<String> names = List.of("cpu");

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Worker threads of a CPU device. Default: one per core.")
  private int threads;

  @Option(
      names = "--kv-memory",
      converter = ByteSize.Converter.class,
      paramLabel = "SIZE",
      description =
          "Memory for keys and values of target and draft on each device, for example 4GiB. Default:"
              + " the device decides (cpu: at most 1GiB).")
  private ByteSize kvMemory = ByteSize.ZERO;

  @Option(
      names = "--fast-prefill",
      description =
          "Let NVIDIA's cuBLASLt compute long stretches of prefill on GPUs, where its library is"
              + " found. Faster, but not bit-exact: a text may then depend on load. Which library, and"
              + " from how many rows on: adaspec.devices.fast-prefill of the settings.")
  private boolean fastPrefill;

  DeviceOptions() {}

  /** What to open the devices with, in steps of as many rows as the settings say. */
  List<DeviceSpec> specs(Devices devices, ModelPair models, EngineConfig config) {
    requireKnown(devices);
    List<String> expanded = names.stream().flatMap(name -> expand(devices, name)).toList();
    requireDistinct(expanded);
    int maxRows = config.settings().limits().stepTokens();
    FastPrefill settings = config.fastPrefill();
    FastPrefill chosen = settings.enabled(fastPrefill || settings.enabled());
    return expanded.stream()
        .map(name -> spec(name, models, maxRows).withFastPrefill(chosen))
        .toList();
  }

  /** Devices are known by their names: to the engine's status, its metrics and its logs. */
  private void requireDistinct(List<String> expanded) {
    Set<String> seen = new HashSet<>();
    for (String name : expanded) {
      if (!seen.add(name)) {
        throw usage(
            "--device "
                + name
                + " is given twice; name each device once (simulated ones may differ in a word,"
                + " for example sim:tiny,slowdown=1)");
      }
    }
  }

  /** {@code cuda:all} is every GPU there is. */
  private Stream<String> expand(Devices devices, String name) {
    if (!name.equals(ALL_GPUS)) {
      return Stream.of(name);
    }
    for (DeviceProvider provider : devices.providers()) {
      if (provider.scheme().equals(CUDA)) {
        return switch (provider.probe()) {
          case DeviceProvider.Probe.Available(List<String> found) -> found.stream();
          case DeviceProvider.Probe.Unavailable(String reason, String remedy) ->
              throw new CommandFailure("--device " + name + ": " + reason + "; " + remedy);
        };
      }
    }
    return Stream.of(name);
  }

  private DeviceSpec spec(String name, ModelPair models, int maxRows) {
    return new DeviceSpec(
        isSimulated(name) ? withVocabulary(name, models) : name,
        Optional.of(models.target().forDevice()),
        models.draft().map(LoadedModel::forDevice),
        threads,
        kvMemory.bytes(),
        BLOCK_TOKENS,
        maxRows);
  }

  /** A usage error unless the options name devices of known kinds, each once. */
  void requireKnown(Devices devices) {
    if (threads < 0) {
      throw usage("--threads must not be negative, is " + threads);
    }
    List<String> schemes = devices.providers().stream().map(DeviceProvider::scheme).toList();
    for (String name : names) {
      String scheme = name.split(":", -1)[0];
      if (!schemes.contains(scheme)) {
        throw usage(
            "--device: no device kind '"
                + scheme
                + "'; known: "
                + schemes.stream().sorted().toList());
      }
      if (isSimulated(name)) {
        simulated(name);
      }
    }
    requireDistinct(names);
    if (fastPrefill && names.stream().noneMatch(DeviceOptions::isCuda)) {
      throw usage("--fast-prefill is for GPUs; say --device cuda:N with it, not " + names);
    }
  }

  /** The longest sequence that every device and the model take. */
  int contextTokens(ModelPair models) {
    return names.stream()
        .mapToInt(name -> contextTokens(name, models))
        .min()
        .orElse(models.target().config().contextTokens());
  }

  private int contextTokens(String name, ModelPair models) {
    return isSimulated(name)
        ? simulated(withVocabulary(name, models)).contextTokens()
        : models.target().config().contextTokens();
  }

  private SimulatedSettings simulated(String name) {
    try {
      return SimulatedSettings.parse(simulatedWords(name));
    } catch (IllegalArgumentException e) {
      throw usage("--device " + name + ": " + e.getMessage());
    }
  }

  /** A simulated device speaks the model's vocabulary unless it is told another. */
  private static String withVocabulary(String name, ModelPair models) {
    String argument = simulatedWords(name);
    if (argument.contains("vocab=")) {
      return name;
    }
    String words = argument.isEmpty() ? "" : argument + ",";
    return SIMULATED + ":" + words + "vocab=" + models.target().tokenizer().vocabularySize();
  }

  private static String simulatedWords(String name) {
    return name.equals(SIMULATED) ? "" : name.substring(SIMULATED.length() + 1);
  }

  private static boolean isCuda(String name) {
    return name.equals(CUDA) || name.startsWith(CUDA + ":");
  }

  private static boolean isSimulated(String name) {
    return name.equals(SIMULATED) || name.startsWith(SIMULATED + ":");
  }

  private ParameterException usage(String message) {
    return new ParameterException(mixee.commandLine(), message);
  }
}
