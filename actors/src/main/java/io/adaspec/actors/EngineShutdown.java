package io.adaspec.actors;

import java.time.Duration;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's part in its host's coordinated shutdown: streams drain in {@code
 * service-requests-done}, devices close in {@code before-actor-system-terminate}.
 *
 * <p>The phase's time-out belongs to the host (5 seconds unless it says otherwise); what is left is
 * failed shortly before it ends.
 */
final class EngineShutdown {
  private static final Logger LOG = LoggerFactory.getLogger(EngineShutdown.class);
  private static final Duration MARGIN = Duration.ofMillis(500);

  private EngineShutdown() {}

  static void register(ActorSystem<?> system, LocalEngine engine) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    String name = engine.model().name();
    Duration drain = drainTime(shutdown, engine);
    Cancellable drainTask =
        shutdown.addCancellableTask(
            CoordinatedShutdown.PhaseServiceRequestsDone(),
            "adaspec-drain-" + name,
            () -> engine.drain(drain));
    Cancellable closeTask =
        shutdown.addCancellableTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
            "adaspec-close-" + name,
            engine::close);
    engine
        .whenStopped()
        .thenRun(
            () -> {
              drainTask.cancel();
              closeTask.cancel();
            });
  }

  private static Duration drainTime(CoordinatedShutdown shutdown, LocalEngine engine) {
    String phase = CoordinatedShutdown.PhaseServiceRequestsDone();
    Duration wanted = engine.drainTimeout();
    Duration allowed = Duration.ofNanos(shutdown.timeout(phase).toNanos()).minus(MARGIN);
    if (allowed.compareTo(wanted) >= 0) {
      return wanted;
    }
    LOG.info(
        "at shutdown streams have {} to finish, not {}; raise "
            + "pekko.coordinated-shutdown.phases.{}.timeout for more",
        allowed,
        wanted,
        phase);
    return allowed;
  }
}
