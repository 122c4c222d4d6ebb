package io.adaspec.api.cli;

import io.adaspec.actors.EngineObserver;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.log.DecisionLogWriter;
import io.adaspec.runtime.speculation.log.LoggedStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes every step's decision to a file, on a thread of its own. A disk that does not keep up ends
 * the log rather than delay a step, since a log with gaps cannot be replayed.
 */
final class DecisionLog implements EngineObserver, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DecisionLog.class);
  private static final int MOST_WAITING = 4096;

  private final BlockingQueue<Optional<LoggedStep>> steps = new ArrayBlockingQueue<>(MOST_WAITING);
  private final DecisionLogWriter writer;
  private final Thread thread;
  private volatile boolean open = true;

  private DecisionLog(DecisionLogWriter writer) {
    this.writer = writer;
    this.thread = Thread.ofPlatform().daemon().name("decision-log").unstarted(this::write);
  }

  /**
   * Creates the file.
   *
   * @throws CommandFailure if it cannot be written
   */
  static DecisionLog create(Path file) {
    try {
      DecisionLog log = new DecisionLog(new DecisionLogWriter(file));
      log.thread.start();
      return log;
    } catch (IOException e) {
      throw new CommandFailure("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void stepDecided(String device, StepDecision decision, StepReport report) {
    if (open && !steps.offer(Optional.of(new LoggedStep(device, decision, report)))) {
      open = false;
      LOG.warn("the decision log ends here: the disk does not keep up");
    }
  }

  private void write() {
    try (writer) {
      for (Optional<LoggedStep> step = steps.take(); step.isPresent(); step = steps.take()) {
        writer.write(step.get());
      }
    } catch (IOException e) {
      open = false;
      LOG.warn("the decision log ends here", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until everything is written. */
  @Override
  public void close() {
    open = false;
    try {
      if (thread.isAlive()) {
        steps.put(Optional.empty());
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
