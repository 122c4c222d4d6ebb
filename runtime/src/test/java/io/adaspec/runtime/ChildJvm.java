package io.adaspec.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs of the tests in a JVM of their own, with this one's class path and product flags. */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * Runs a program to its end, which must be a success.
   *
   * @param flags of the JVM, besides those of the product
   * @return what it printed, without white space at the ends
   */
  public static String run(Class<?> main, List<String> flags, String... arguments)
      throws IOException, InterruptedException {
    List<String> product = new ArrayList<>();
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (argument.startsWith("--") || argument.startsWith("-Dadaspec")) {
        product.add(argument);
      }
    }
    product.addAll(flags);
    return runBare(main, product, arguments);
  }

  /** The same without the flags of the product. */
  public static String runBare(Class<?> main, List<String> flags, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path")));
    command.addAll(flags);
    command.add(main.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(process.waitFor()).as(output).isZero();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }
}
