package io.adaspec.api.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/**
 * SIGTERM and SIGINT as a wish to stop: the command stops what it runs, then the process ends with
 * the command's exit code instead of the signal's.
 *
 * <p>The JVM runs its shutdown hooks on these signals and would then end with 128 plus the signal's
 * number; the hook here outlasts the command and halts the JVM with the command's own code.
 */
final class StopSignal implements AutoCloseable {
  private final CountDownLatch wanted = new CountDownLatch(1);
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
  private final Thread hook = Thread.ofPlatform().name("stop-signal").unstarted(this::onSignal);

  private StopSignal() {}

  /** From now on the signals are wishes. */
  static StopSignal install() {
    StopSignal signal = new StopSignal();
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  /** Returns when somebody wants the process to stop: by a signal or by interrupting the thread. */
  void await() {
    try {
      wanted.await();
    } catch (InterruptedException e) {
      // an interrupt is the wish of a program that runs the command on a thread of its own
    }
  }

  /** Everything has stopped as it should. */
  void stopped() {
    exitCode.complete(0);
  }

  /** The command has ended; without {@link #stopped} it has failed. */
  @Override
  public void close() {
    exitCode.complete(Main.FAILURE);
    if (wanted.getCount() > 0) {
      withdraw();
    }
  }

  private void withdraw() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // a signal has come meanwhile: the hook runs and ends the process
    }
  }

  private void onSignal() {
    wanted.countDown();
    try {
      Runtime.getRuntime().halt(exitCode.get());
    } catch (InterruptedException | ExecutionException e) {
      Runtime.getRuntime().halt(Main.FAILURE);
    }
  }
}
