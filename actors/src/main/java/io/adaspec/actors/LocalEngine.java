package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.stream.javadsl.Source;

/** An engine whose devices are in this process. Thread-safe. */
final class LocalEngine implements Engine {
  private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

  private static final DeliveryStream<RequestActor.Command> STREAM =
      new DeliveryStream<>(
          RequestActor.Attach::new,
          new RequestActor.Acked(),
          new RequestActor.ConsumerGone(),
          new RequestActor.Said(new EngineProtocol.Cancel()));

  private final ActorSystem<?> system;
  private final EngineActors actors;
  private final ActorRef<EngineProtocol.Command> intake;
  private final String actorPrefix;
  private final Runnable afterClose;
  private final AtomicLong requests = new AtomicLong();
  private final AtomicBoolean draining = new AtomicBoolean();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Done> drained = new CompletableFuture<>();
  private final CompletableFuture<Done> stopped = new CompletableFuture<>();

  private LocalEngine(
      ActorSystem<?> system,
      EngineActors actors,
      ActorRef<EngineProtocol.Command> intake,
      String actorPrefix,
      Runnable afterClose) {
    this.system = system;
    this.actors = actors;
    this.intake = intake;
    this.actorPrefix = actorPrefix;
    this.afterClose = afterClose;
  }

  /**
   * Spawns the engine's actors, all of them below the system guardian.
   *
   * @param afterClose runs when the devices are closed, before {@link #stop} completes for anybody
   */
  static LocalEngine start(
      ActorSystem<?> system, String actorPrefix, EngineDefinition definition, Runnable afterClose) {
    ActorRef<SupervisorActor.Command> supervisor =
        system.systemActorOf(
            SupervisorActor.create(definition), actorPrefix + "-supervisor", Props.empty());
    ActorRef<BatchingActor.Command> batching =
        system.systemActorOf(
            BatchingActor.create(definition, supervisor), actorPrefix + "-batching", Props.empty());
    supervisor.tell(new SupervisorActor.Begin(batching));
    EngineActors actors = new EngineActors(definition, batching, supervisor);
    ActorRef<EngineProtocol.Command> intake =
        system.systemActorOf(IntakeActor.create(actors), actorPrefix + "-requests", Props.empty());
    return new LocalEngine(system, actors, intake, actorPrefix, afterClose);
  }

  @Override
  public EngineModel model() {
    return actors.model();
  }

  @Override
  public NanoClock clock() {
    return actors.definition().clock();
  }

  @Override
  public ActorRef<EngineProtocol.Command> requests() {
    return intake;
  }

  @Override
  public Source<TokenEvent, Generation> generate(InferenceRequest request) {
    return STREAM.of(
        request.id(),
        completion ->
            system.systemActorOf(
                RequestActor.forStream(actors, request, completion),
                actorPrefix + "-request-" + requests.incrementAndGet(),
                Props.empty()));
  }

  @Override
  public CompletionStage<EngineStatus> status() {
    return Stages.direct(
        AskPattern.ask(
            actors.supervisor(),
            SupervisorActor.GetStatus::new,
            STATUS_TIMEOUT,
            system.scheduler()));
  }

  @Override
  public CompletionStage<PolicySnapshot> applyPolicy(PolicySnapshot policy) {
    return Stages.direct(
        AskPattern.askWithStatus(
            actors.supervisor(),
            replyTo -> new SupervisorActor.ApplyPolicy(policy, replyTo),
            STATUS_TIMEOUT,
            system.scheduler()));
  }

  @Override
  public CompletionStage<Done> stop() {
    return drain(drainTimeout()).thenCompose(done -> close());
  }

  /**
   * Takes no new requests; completes when the running ones have ended, or were failed when time was
   * up.
   */
  CompletionStage<Done> drain(Duration timeout) {
    if (draining.compareAndSet(false, true)) {
      var _ =
          Stages.direct(
                  AskPattern.<SupervisorActor.Command, Done>ask(
                      actors.supervisor(),
                      replyTo -> new SupervisorActor.Drain(timeout, replyTo),
                      timeout.plus(STATUS_TIMEOUT),
                      system.scheduler()))
              .whenComplete((done, error) -> drained.complete(Done.done()));
    }
    return drained;
  }

  /** Fails what runs and closes the devices. */
  CompletionStage<Done> close() {
    if (closing.compareAndSet(false, true)) {
      var _ =
          Stages.direct(
                  AskPattern.ask(
                      actors.supervisor(),
                      SupervisorActor.Stop::new,
                      CLOSE_TIMEOUT,
                      system.scheduler()))
              .whenComplete(
                  (done, error) -> {
                    if (error == null) {
                      afterClose.run();
                      stopped.complete(Done.done());
                    } else {
                      stopped.completeExceptionally(error);
                    }
                  });
    }
    return stopped;
  }

  Duration drainTimeout() {
    return actors.definition().settings().shutdown().drainTimeout();
  }

  CompletionStage<Done> whenStopped() {
    return stopped;
  }
}
