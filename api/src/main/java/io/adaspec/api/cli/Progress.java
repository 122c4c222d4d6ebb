package io.adaspec.api.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Says what a command is doing once that has taken two seconds, and goes on saying it each second
 * with the time gone by. The line is wiped when it ends. Quiet where nobody watches.
 */
final class Progress implements AutoCloseable {
  private static final int SILENT_SECONDS = 2;

  private final PrintWriter terminal;
  private final ScheduledExecutorService ticker;
  private volatile Supplier<String> state;
  private int seconds = SILENT_SECONDS - 1;
  private int shownWidth;
  private boolean closed;

  private Progress(PrintWriter terminal, Supplier<String> state, ScheduledExecutorService ticker) {
    this.terminal = terminal;
    this.state = state;
    this.ticker = ticker;
  }

  /** Progress that says nothing: the command's own output shows it. */
  static Progress none() {
    return start("", new PrintWriter(Writer.nullWriter()), false);
  }

  /** Starts; {@code visible} is false where there is no terminal. */
  static Progress start(String what, PrintWriter terminal, boolean visible) {
    ScheduledExecutorService ticker =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("progress").factory());
    Progress progress = new Progress(terminal, () -> what, ticker);
    if (visible) {
      var _ = ticker.scheduleAtFixedRate(progress::show, SILENT_SECONDS, 1, TimeUnit.SECONDS);
    }
    return progress;
  }

  /** Replaces what is said. */
  void update(Supplier<String> newState) {
    state = newState;
  }

  private synchronized void show() {
    if (closed) {
      return;
    }
    seconds++;
    String line = state.get() + " (" + seconds + " s)";
    terminal.print("\r" + line + " ".repeat(Math.max(0, shownWidth - line.length())));
    terminal.flush();
    shownWidth = line.length();
  }

  @Override
  public void close() {
    ticker.shutdownNow();
    synchronized (this) {
      closed = true;
      if (shownWidth > 0) {
        terminal.print("\r" + " ".repeat(shownWidth) + "\r");
        terminal.flush();
      }
    }
  }
}
