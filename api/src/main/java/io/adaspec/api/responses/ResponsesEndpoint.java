package io.adaspec.api.responses;

import io.adaspec.api.http.Bodies;
import io.adaspec.api.http.Route;
import io.adaspec.api.openai.Generations;
import io.adaspec.api.openai.RequestFactory;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.actor.ActorSystem;

/**
 * The Responses protocol, wired.
 *
 * @param routes over HTTP and the upgrade
 * @param socket to drain before a shutdown
 */
public record ResponsesEndpoint(List<Route> routes, ResponsesSocket socket) {
  private static final int STORED_PER_OWNER = 1000;
  private static final long STORED_WEIGHT = 64L << 20;
  private static final Duration STORED_FOR = Duration.ofMinutes(10);

  /**
   * Wires the protocol.
   *
   * @param pingInterval how long a stream may be silent before a comment is sent
   * @param clock the engine's
   * @param time wall time of answers
   */
  public static ResponsesEndpoint create(
      RequestFactory requests,
      Generations generations,
      Bodies bodies,
      SocketLimits limits,
      Duration pingInterval,
      NanoClock clock,
      InstantSource time,
      ActorSystem system) {
    ResponseStore store = new ResponseStore(STORED_PER_OWNER, STORED_WEIGHT, STORED_FOR, clock);
    ResponseTurns turns = new ResponseTurns(requests, store, time);
    SocketSession.Factory sessions =
        new SocketSession.Factory(
            turns,
            generations,
            limits,
            clock,
            bodies.budget(),
            bodies.workers(),
            bodies.materializer());
    ResponsesSocket socket =
        new ResponsesSocket(
            sessions, new SocketFrames(system, limits.pingInterval()), limits.allowedOrigins());
    return new ResponsesEndpoint(
        new ResponsesRoutes(turns, generations, socket, bodies, pingInterval).routes(), socket);
  }
}
