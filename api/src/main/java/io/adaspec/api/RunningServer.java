package io.adaspec.api;

import io.adaspec.api.http.Route;
import io.adaspec.api.http.RouteTable;
import io.adaspec.api.http.Stages;
import io.adaspec.api.responses.ResponsesSocket;
import io.adaspec.runtime.time.NanoClock;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.ServerBinding;

/** A server that answers. Stops with its actor system, or by {@link #stop}. */
public final class RunningServer {
  private static final long LEAST_NANOS = 1_000_000;
  private static final Duration PHASE_MARGIN = Duration.ofMillis(500);

  private final ActorSystem<?> system;
  private final ServerBinding binding;
  private final RouteTable table;
  private final ResponsesSocket socket;
  private final OpenConnections connections;
  private final AtomicBoolean accepting;
  private final ExecutorService workers;
  private final Duration drainTimeout;
  private final NanoClock clock;

  RunningServer(
      ActorSystem<?> system,
      ServerBinding binding,
      RouteTable table,
      ResponsesSocket socket,
      OpenConnections connections,
      AtomicBoolean accepting,
      ExecutorService workers,
      Duration drainTimeout,
      NanoClock clock) {
    this.system = system;
    this.binding = binding;
    this.table = table;
    this.socket = socket;
    this.connections = connections;
    this.accepting = accepting;
    this.workers = workers;
    this.drainTimeout = drainTimeout;
    this.clock = clock;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Every route, with its access rule. */
  public List<Route> routes() {
    return table.routes();
  }

  /**
   * Reports not ready, takes no new connections, lets running answers finish within the drain
   * time-out, then closes what is left. The engine runs on.
   */
  public CompletionStage<Done> stop() {
    accepting.set(false);
    var _ = socket.drain();
    return AcceptQueue.emptied(system, binding.localAddress())
        .thenCompose(taken -> binding.unbind())
        .thenCompose(unbound -> finish(drainTimeout));
  }

  /**
   * Stops with the system: not ready first, then no new connections, then what runs may finish as
   * long as the phase {@code service-requests-done} of the system's shutdown allows.
   */
  RunningServer stopWithSystem() {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "adaspec-http-not-ready",
        () -> {
          accepting.set(false);
          var _ = socket.drain();
          return AcceptQueue.emptied(system, binding.localAddress());
        });
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceUnbind(), "adaspec-http-unbind", binding::unbind);
    String requestsDone = CoordinatedShutdown.PhaseServiceRequestsDone();
    Duration phase = Duration.ofNanos(shutdown.timeout(requestsDone).toNanos());
    shutdown.addTask(
        requestsDone,
        "adaspec-http-drain",
        () -> finish(shorter(drainTimeout, phase.minus(PHASE_MARGIN))));
    return this;
  }

  /** Lets turns on sockets and answers on other connections finish, then ends what is left. */
  private CompletionStage<Done> finish(Duration patience) {
    long deadlineNanos = clock.nanoTime() + patience.toNanos();
    return Stages.direct(
            socket.drain().thenCombine(connections.drain(), (turns, answers) -> answers))
        .completeOnTimeout(Done.getInstance(), patience.toNanos(), TimeUnit.NANOSECONDS)
        .thenCompose(
            drained ->
                terminate(
                    Duration.ofNanos(Math.max(LEAST_NANOS, deadlineNanos - clock.nanoTime()))));
  }

  private CompletionStage<Done> terminate(Duration patience) {
    return binding
        .terminate(patience)
        .thenApply(
            terminated -> {
              workers.shutdown();
              return Done.getInstance();
            });
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
