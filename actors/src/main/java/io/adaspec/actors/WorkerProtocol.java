package io.adaspec.actors;

import io.adaspec.runtime.speculation.PolicySnapshot;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/**
 * A worker node's engine as gateways on other nodes see it. Deliveries come from the engine's own
 * actors and follow {@link EngineProtocol}.
 */
public final class WorkerProtocol {
  private WorkerProtocol() {}

  /** Under which the workers of a model register with the receptionist. */
  public static ServiceKey<Command> key(String modelName) {
    return ServiceKey.create(Command.class, "adaspec-worker-" + modelName);
  }

  /** What a worker takes. */
  public sealed interface Command extends WireMessage {}

  /**
   * Starts a request.
   *
   * @param generate the request, its arrival time without meaning on this node's clock
   * @param ageNanos time since its arrival
   */
  public record Submit(EngineProtocol.Generate generate, long ageNanos) implements Command {}

  /** Asks for the engine's state. */
  public record GetStatus(ActorRef<Reply> replyTo) implements Command {}

  /** Changes the policy; a snapshot is data, never objects. */
  public record ApplyPolicy(PolicySnapshot policy, ActorRef<Reply> replyTo) implements Command {}

  /** What a worker answers. */
  public sealed interface Reply extends WireMessage {}

  /** The engine's state. */
  public record Status(EngineStatus status) implements Reply {}

  /** The policy now in force. */
  public record PolicyApplied(PolicySnapshot policy) implements Reply {}

  /** What was asked for could not be done. */
  public record Rejected(String message) implements Reply {}
}
