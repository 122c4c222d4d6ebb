package io.adaspec.runtime.device.profile;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.WeightFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a profile was measured with; one that differs in anything is stale.
 *
 * @param device name and description: kernels, threads or card
 * @param machine processor and number of cores
 * @param target shape, formats and size of the target
 * @param draft the same of the draft; {@code none} without one
 * @param version of the profiler and its format
 */
public record ProfileKey(
    String device, String machine, String target, String draft, String version) {
  /** Changes when steps, what is measured or how it is written change. */
  private static final String VERSION = "1";

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  /** The key of an open device. */
  public static ProfileKey of(DeviceSpec spec, DeviceInfo info) {
    return new ProfileKey(
        info.name() + ", " + info.description() + ", " + info.maxRows() + " rows",
        processor() + ", " + Runtime.getRuntime().availableProcessors() + " cores",
        spec.target().map(ProfileKey::describe).orElse("none"),
        spec.draft().map(ProfileKey::describe).orElse("none"),
        VERSION + ", Java " + Runtime.version().feature());
  }

  private static String describe(ModelWeights model) {
    ModelConfig config = model.config();
    Map<WeightFormat, Long> formats =
        model.weights().names().stream()
            .collect(
                Collectors.groupingBy(
                    name -> model.weights().tensor(name).format(),
                    TreeMap::new,
                    Collectors.counting()));
    return config.name()
        + ", "
        + config.architecture()
        + " "
        + config.layers()
        + " x "
        + config.hiddenSize()
        + " / "
        + config.feedForwardSize()
        + ", heads "
        + config.heads()
        + " / "
        + config.kvHeads()
        + ", vocabulary "
        + config.vocabularySize()
        + ", context "
        + config.contextTokens()
        + ", "
        + formats
        + ", "
        + model.weights().bytes()
        + " bytes";
  }

  /** The processor's name where the system tells it. */
  private static String processor() {
    Optional<String> name = Optional.empty();
    if (Files.isReadable(PROCESSORS)) {
      try (Stream<String> lines = Files.lines(PROCESSORS, StandardCharsets.UTF_8)) {
        name =
            lines
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst();
      } catch (IOException e) {
        name = Optional.empty();
      }
    }
    return name.orElseGet(() -> System.getProperty("os.arch", "unknown processor"));
  }
}
