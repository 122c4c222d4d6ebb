package io.adaspec.api.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * SIGTERM, SIGINT and SIGHUP as a wish to stop. While a command still loads there is nothing to
 * finish, and a signal ends the process with 0 as soon as those who wait are told. Once it serves,
 * the first signal lets it finish; another one ends the process at once with 1.
 */
final class StopSignal implements AutoCloseable {
  private static final List<String> NAMES = List.of("TERM", "INT", "HUP");

  private enum Phase {
    LOADING,
    LEAVING,
    SERVING,
    STOPPING
  }

  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.LOADING);
  private final CountDownLatch wanted = new CountDownLatch(1);
  private final PrintWriter err;
  private final ProcessSignals signals;
  private volatile Runnable farewell = () -> {};

  private StopSignal(PrintWriter err) {
    this.err = err;
    this.signals = ProcessSignals.handle(NAMES, this::onSignal);
  }

  /**
   * From now on the signals are wishes.
   *
   * @param err where it says what a signal does
   */
  static StopSignal install(PrintWriter err) {
    return new StopSignal(err);
  }

  /**
   * From now on there is something to do before a signal ends the process that still loads: to tell
   * those who wait already. It must not take long.
   */
  void whileLoading(Runnable action) {
    farewell = action;
  }

  /** Returns when somebody wants the process to stop: by a signal or by interrupting the thread. */
  void await() {
    phase.set(Phase.SERVING);
    try {
      wanted.await();
    } catch (InterruptedException e) {
      // an interrupt is the wish of a program that runs the command on a thread of its own
    }
  }

  private static Phase afterSignal(Phase before) {
    return switch (before) {
      case LOADING, LEAVING -> Phase.LEAVING;
      case SERVING, STOPPING -> Phase.STOPPING;
    };
  }

  private void onSignal() {
    switch (phase.getAndUpdate(StopSignal::afterSignal)) {
      case LOADING -> {
        farewell.run();
        Runtime.getRuntime().exit(0);
      }
      case SERVING -> {
        err.println("adaspec: stopping; running answers may finish, another signal cuts them off");
        wanted.countDown();
      }
      case LEAVING, STOPPING -> {
        err.println("adaspec: stopped at once by another signal");
        Runtime.getRuntime().halt(Main.FAILURE);
      }
    }
  }

  /** Signals are the JVM's again. */
  @Override
  public void close() {
    signals.close();
  }
}
