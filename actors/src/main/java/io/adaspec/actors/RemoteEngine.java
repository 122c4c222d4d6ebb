package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The engines of worker nodes, behind the same door as a local one: a gateway without devices.
 * Needs an actor system that is a member of the workers' cluster. Thread-safe.
 *
 * <p>Requests go to the workers of the model in turn. Events carry sequence numbers and flow by
 * credit; a lost one fails its stream, and the same request with its seed gives the same text
 * again.
 */
public final class RemoteEngine implements Engine {
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);
  private static final AtomicInteger ENGINES = new AtomicInteger();
  private static final DeliveryStream<RemoteRequestActor.Command> STREAM =
      new DeliveryStream<>(
          RemoteRequestActor.Attach::new,
          new RemoteRequestActor.Acked(),
          new RemoteRequestActor.ConsumerGone(),
          new RemoteRequestActor.CancelRequested());

  private final ActorSystem<?> system;
  private final EngineModel model;
  private final NanoClock clock;
  private final ActorRef<GatewayActor.Command> gateway;
  private final ActorRef<EngineProtocol.Command> requests;
  private final String actorPrefix;
  private final AtomicLong started = new AtomicLong();

  private RemoteEngine(ActorSystem<?> system, EngineModel model, NanoClock clock) {
    this.system = system;
    this.model = model;
    this.clock = clock;
    this.actorPrefix = "adaspec-remote-" + ENGINES.incrementAndGet();
    this.gateway =
        system.systemActorOf(
            GatewayActor.create(model.name(), clock), actorPrefix + "-gateway", Props.empty());
    this.requests =
        system.systemActorOf(
            GatewayActor.intake(gateway), actorPrefix + "-requests", Props.empty());
  }

  /** A door to the workers that serve a model. */
  public static RemoteEngine connect(ActorSystem<?> system, EngineModel model) {
    return new RemoteEngine(system, model, NanoClock.system());
  }

  @Override
  public EngineModel model() {
    return model;
  }

  @Override
  public NanoClock clock() {
    return clock;
  }

  @Override
  public Source<TokenEvent, Generation> generate(InferenceRequest request) {
    return STREAM.of(
        request.id(),
        completion ->
            system.systemActorOf(
                RemoteRequestActor.create(request, gateway, completion),
                actorPrefix + "-request-" + started.incrementAndGet(),
                Props.empty()));
  }

  @Override
  public ActorRef<EngineProtocol.Command> requests() {
    return requests;
  }

  /** The state of one of the workers; the gateway keeps none of its own. */
  @Override
  public CompletionStage<EngineStatus> status() {
    return AskPattern.<GatewayActor.Command, WorkerProtocol.Reply>ask(
            gateway, GatewayActor.AskStatus::new, ANSWER_TIMEOUT, system.scheduler())
        .thenApply(
            reply ->
                switch (reply) {
                  case WorkerProtocol.Status(EngineStatus status) -> status;
                  case WorkerProtocol.Rejected(String message) ->
                      throw new EngineFailedException(message);
                  case WorkerProtocol.PolicyApplied applied ->
                      throw new EngineFailedException("unexpected answer " + applied);
                });
  }

  /** Changes the policy of all workers known now; answers with that of the first to answer. */
  @Override
  public CompletionStage<PolicySnapshot> applyPolicy(PolicySnapshot policy) {
    return AskPattern.<GatewayActor.Command, WorkerProtocol.Reply>ask(
            gateway,
            replyTo -> new GatewayActor.AskPolicy(policy, replyTo),
            ANSWER_TIMEOUT,
            system.scheduler())
        .thenApply(
            reply ->
                switch (reply) {
                  case WorkerProtocol.PolicyApplied(PolicySnapshot applied) -> applied;
                  case WorkerProtocol.Rejected(String message) ->
                      throw new IllegalArgumentException(message);
                  case WorkerProtocol.Status status ->
                      throw new EngineFailedException("unexpected answer " + status);
                });
  }

  /** Closes this door; running requests fail, the workers run on. */
  @Override
  public CompletionStage<Done> stop() {
    return AskPattern.ask(gateway, GatewayActor.Stop::new, ANSWER_TIMEOUT, system.scheduler());
  }
}
