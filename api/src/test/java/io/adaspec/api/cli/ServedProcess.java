package io.adaspec.api.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code adaspec serve} in a JVM of its own, to be stopped by signals. */
final class ServedProcess implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

  private final Process process;
  private final BufferedReader out;
  private final BufferedReader err;

  private ServedProcess(Process process) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.err = process.errorReader(StandardCharsets.UTF_8);
  }

  /**
   * Serves on a free port.
   *
   * @param folder of resources that the process finds besides those of this one
   */
  static ServedProcess of(Path folder, String... options) throws IOException {
    return at(0, folder, options);
  }

  /** Serves on a given port. */
  static ServedProcess at(int port, Path folder, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                folder + File.pathSeparator + System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--port",
                Integer.toString(port)));
    command.addAll(List.of(options));
    return new ServedProcess(new ProcessBuilder(command).start());
  }

  /** The first line on standard output that contains a text. */
  String awaitOutput(String text) {
    return await(out, text);
  }

  /** The first line on standard error that contains a text. */
  String awaitError(String text) {
    return await(err, text);
  }

  private static String await(BufferedReader reader, String text) {
    List<String> seen = new ArrayList<>();
    try {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.contains(text)) {
          return line;
        }
        seen.add(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError("no '" + text + "' but " + seen);
  }

  /** Sends SIGTERM, and leaves the streams open, unlike {@link Process#destroy}. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** The exit code, once it has ended. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("still running after " + PATIENCE_SECONDS + " s");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
