package io.adaspec.api.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code adaspec serve} on a thread of its own, stopped by an interrupt. */
final class ServedRun implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

  private final CompletableFuture<String> announced = new CompletableFuture<>();
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
  private final Thread thread;

  private ServedRun(String[] args) {
    StringWriter err = new StringWriter();
    PrintWriter out = new PrintWriter(new FirstLine(announced), true);
    thread =
        Thread.ofPlatform()
            .name("serve")
            .start(
                () -> {
                  exitCode.complete(Main.run(out, new PrintWriter(err, true), false, args));
                  announced.completeExceptionally(new AssertionError("no address: " + err));
                });
  }

  /** Serves on a free port. */
  static ServedRun of(String... options) {
    return new ServedRun(
        Stream.concat(Stream.of("serve", "--port", "0"), Stream.of(options))
            .toArray(String[]::new));
  }

  /** The printed address, once it is ready. */
  String url() {
    String line = announced.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    return line.substring(line.indexOf("http"));
  }

  /** Stops it; the exit code. */
  int stop() {
    thread.interrupt();
    return exitCode.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    stop();
  }

  /** Completes a future with the first line that is written. */
  private static final class FirstLine extends StringWriter {
    private final CompletableFuture<String> line;

    FirstLine(CompletableFuture<String> line) {
      this.line = line;
    }

    @Override
    public void flush() {
      toString().lines().findFirst().ifPresent(line::complete);
    }
  }
}
