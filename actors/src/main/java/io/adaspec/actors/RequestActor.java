package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Control;
import io.adaspec.actors.EngineProtocol.Delivery;
import io.adaspec.actors.EngineProtocol.Demand;
import io.adaspec.actors.EngineProtocol.Failed;
import io.adaspec.actors.EngineProtocol.Generate;
import io.adaspec.actors.EngineProtocol.Refused;
import io.adaspec.actors.EngineProtocol.Started;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.TokenEmission;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.DeadLetterSuppression;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The one owner of a request's stream: takes tokens from the {@link BatchingActor}, turns them into
 * text, and delivers them as the consumer has credit. A consumer that does not keep up pauses the
 * sequence; one that stands still for too long loses it.
 *
 * <p>Deliveries coalesce while there is no credit, so at most {@code pauseTokens} and what one step
 * adds wait here.
 */
final class RequestActor {
  /** What a request's owner is told. */
  sealed interface Command {}

  /** The stream exists; it takes one delivery, then says {@link Acked}. */
  record Attach(ActorRef<Delivery> stream) implements Command {}

  /** The stream passed a delivery on and takes another. */
  record Acked() implements Command, DeadLetterSuppression {}

  /** A consumer that is an actor said something. */
  record Said(Control control) implements Command, DeadLetterSuppression {}

  /** The consumer is gone, by its own will or after the last delivery. */
  record ConsumerGone() implements Command, DeadLetterSuppression {}

  /** A step emitted tokens of the request. */
  record Emitted(TokenEmission emission, long atNanos) implements Command, DeadLetterSuppression {}

  /** The request was not taken. */
  record NotTaken(Refusal refusal) implements Command, DeadLetterSuppression {}

  /** The engine cannot go on with the request. */
  record Broken(FailureReason reason, String message) implements Command, DeadLetterSuppression {}

  private record Stalled() implements Command {}

  private final ActorContext<Command> context;
  private final EngineActors engine;
  private final InferenceRequest request;
  private final Outlet outlet;
  private final OutputText output;
  private final ConsumerPace pace;
  private final RequestAccount account;
  private boolean closed;

  private RequestActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      EngineActors engine,
      InferenceRequest request,
      CompletableFuture<GenerationSummary> completion,
      Outlet outlet) {
    this.context = context;
    this.engine = engine;
    this.request = request;
    this.outlet = outlet;
    this.account = new RequestAccount(engine, request, completion);
    this.output =
        new OutputText(
            () -> engine.model().tokenizer().streamingDecoder(request.prompt().toArray()),
            request.stopStrings());
    this.pace = new ConsumerPace(engine.streams(), timers, new Stalled());
  }

  /** The owner of a request whose consumer is a stream, which attaches itself. */
  static Behavior<Command> forStream(
      EngineActors engine,
      InferenceRequest request,
      CompletableFuture<GenerationSummary> completion) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    Behaviors.receive(Command.class)
                        .onMessage(
                            Attach.class,
                            attach -> {
                              Outlet outlet = new Outlet(request.id(), attach.stream(), 1);
                              return new RequestActor(
                                      context, timers, engine, request, completion, outlet)
                                  .submit();
                            })
                        .onMessage(ConsumerGone.class, gone -> Behaviors.stopped())
                        .build()));
  }

  /** The owner of a request whose consumer is an actor. */
  static Behavior<Command> forActor(EngineActors engine, Generate generate) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  RequestId id = generate.request().id();
                  Outlet outlet = new Outlet(id, generate.replyTo(), generate.credit());
                  context.watchWith(generate.replyTo(), new ConsumerGone());
                  outlet.announce(
                      new Started(id, context.messageAdapter(Control.class, Said::new)));
                  return new RequestActor(
                          context,
                          timers,
                          engine,
                          generate.request(),
                          new CompletableFuture<>(),
                          outlet)
                      .submit();
                }));
  }

  private Behavior<Command> submit() {
    context.watchWith(engine.batching(), Failures.engineStopped());
    engine.batching().tell(new BatchingActor.Submit(request, context.getSelf()));
    return Behaviors.receive(Command.class)
        .onMessage(Command.class, this::onCommand)
        .onSignal(PostStop.class, signal -> onStop())
        .build();
  }

  private Behavior<Command> onCommand(Command command) {
    return switch (command) {
      case Emitted emitted -> onEmitted(emitted);
      case Acked() -> deliver(outlet.allowNext());
      case Said(Demand(long upTo)) -> deliver(outlet.allow(upTo));
      case Said(EngineProtocol.Cancel()) -> onCancel();
      case ConsumerGone() -> onConsumerGone();
      case NotTaken(Refusal refusal) -> onNotTaken(refusal);
      case Broken broken -> onBroken(broken);
      case Stalled() -> onStalled();
      case Attach attach -> Behaviors.unhandled();
    };
  }

  private Behavior<Command> onEmitted(Emitted emitted) {
    if (account.hasEnded()) {
      return Behaviors.same();
    }
    TokenEmission emission = emitted.emission();
    try {
      account.emitted(emission, emitted.atNanos());
      boolean stopped = output.push(emission.tokens());
      if (stopped && emission.finish().isEmpty()) {
        leave();
      }
      if (stopped) {
        end(FinishReason.STOP, emitted.atNanos());
      } else if (emission.finish().isPresent()) {
        output.end();
        end(emission.finish().get(), emitted.atNanos());
      }
    } catch (RuntimeException e) {
      context.getLog().error("request {}: output could not be decoded", request.id(), e);
      leave();
      return onBroken(Failures.undecodable(request.id().value(), e));
    }
    return deliver(false);
  }

  private Behavior<Command> onCancel() {
    if (!account.hasEnded()) {
      leave();
      output.end();
      end(FinishReason.CANCELLED, engine.now());
    }
    return deliver(false);
  }

  private Behavior<Command> onConsumerGone() {
    if (!account.hasEnded()) {
      leave();
      end(FinishReason.CANCELLED, engine.now());
    }
    closed = true;
    return Behaviors.stopped();
  }

  private Behavior<Command> onNotTaken(Refusal refusal) {
    account.refuse(refusal);
    return close(new Refused(request.id(), refusal));
  }

  private Behavior<Command> onBroken(Broken broken) {
    if (account.hasEnded() && !broken.reason().endsDelivery()) {
      return Behaviors.same();
    }
    account.fail(broken.reason(), broken.message(), output.tokens());
    return close(new Failed(request.id(), broken.reason(), broken.message()));
  }

  private Behavior<Command> onStalled() {
    if (!account.hasEnded()) {
      leave();
      end(FinishReason.SLOW_CONSUMER, engine.now());
    }
    String message =
        "the consumer of request "
            + request.id()
            + " took nothing for "
            + engine.streams().stallTimeout()
            + "; read faster or raise adaspec.streams.stall-timeout";
    return close(new Failed(request.id(), FailureReason.SLOW_CONSUMER, message));
  }

  /** Tells the scheduler that this request needs no more tokens. */
  private void leave() {
    engine.batching().tell(new BatchingActor.Cancel(request.id()));
  }

  private void end(FinishReason reason, long atNanos) {
    account.end(reason, output.tokens(), atNanos);
  }

  /**
   * Delivers what there is credit for.
   *
   * @param consumed whether the consumer has just shown life
   */
  private Behavior<Command> deliver(boolean consumed) {
    if (outlet.hasCredit() && output.hasDeliverable()) {
      TokenEvent.Tokens tokens = output.take();
      outlet.deliver(tokens);
      engine.observer().tokensDelivered(tokens.tokenIds().size());
    }
    Optional<GenerationSummary> ended = account.summary();
    if (outlet.hasCredit() && !output.hasDeliverable() && ended.isPresent()) {
      GenerationSummary summary = ended.get();
      outlet.deliver(new TokenEvent.Finished(summary.reason(), summary));
      closed = true;
      return Behaviors.stopped();
    }
    steer(consumed);
    return Behaviors.same();
  }

  private void steer(boolean consumed) {
    switch (pace.next(output.deliverableTokens(), account.hasEnded(), consumed)) {
      case PAUSE -> {
        engine.batching().tell(new BatchingActor.Pause(request.id()));
        engine.observer().requestPaused();
      }
      case RESUME -> {
        engine.batching().tell(new BatchingActor.Resume(request.id()));
        engine.observer().requestResumed();
      }
      case NONE -> {}
    }
  }

  /** The last delivery, whatever credit there is. */
  private Behavior<Command> close(Delivery last) {
    closed = true;
    outlet.announce(last);
    return Behaviors.stopped();
  }

  /** However this actor ends, nobody waits for it in vain. */
  private Behavior<Command> onStop() {
    String message = "request " + request.id() + " was stopped before its end";
    account.abandon(message);
    if (!closed) {
      outlet.announce(new Failed(request.id(), FailureReason.INTERNAL, message));
    }
    return Behaviors.same();
  }
}
