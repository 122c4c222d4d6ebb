package io.adaspec.benchmarks.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Names what a measurement ran on. */
final class Machine {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** Processor, cores and Java of this process. */
  static String description() {
    return processor()
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " cores, Java "
        + Runtime.version();
  }

  private static String processor() {
    Optional<String> model = Optional.empty();
    if (Files.isReadable(CPU_INFO)) {
      try {
        model =
            Files.readAllLines(CPU_INFO).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst();
      } catch (IOException e) {
        model = Optional.empty(); // the architecture has to do
      }
    }
    return model.orElse(System.getProperty("os.arch", "unknown processor"));
  }
}
