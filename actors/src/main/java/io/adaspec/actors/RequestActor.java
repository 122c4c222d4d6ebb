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
import io.adaspec.runtime.time.NanoClock;
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
  record Broken(String message) implements Command, DeadLetterSuppression {}

  private record Stalled() implements Command {}

  /** What the owners of all requests share. */
  record Shared(
      EngineModel model,
      EngineSettings.StreamSettings settings,
      ActorRef<BatchingActor.Command> batching,
      ActorRef<SupervisorActor.Command> supervisor,
      EngineObserver observer,
      NanoClock clock) {}

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Shared shared;
  private final InferenceRequest request;
  private final CompletableFuture<GenerationSummary> completion;
  private final Outlet outlet;
  private final OutputText output;

  private RequestProgress progress;
  private Optional<GenerationSummary> ended = Optional.empty();
  private boolean paused;

  private RequestActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Shared shared,
      InferenceRequest request,
      CompletableFuture<GenerationSummary> completion,
      Outlet outlet) {
    this.context = context;
    this.timers = timers;
    this.shared = shared;
    this.request = request;
    this.completion = completion;
    this.outlet = outlet;
    this.progress = RequestProgress.begin(request);
    this.output =
        new OutputText(
            shared.model().tokenizer().streamingDecoder(request.prompt().toArray()),
            request.stopStrings());
  }

  /** The owner of a request whose consumer is a stream, which attaches itself. */
  static Behavior<Command> forStream(
      Shared shared, InferenceRequest request, CompletableFuture<GenerationSummary> completion) {
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
                                      context, timers, shared, request, completion, outlet)
                                  .submit();
                            })
                        .onMessage(ConsumerGone.class, gone -> Behaviors.stopped())
                        .build()));
  }

  /** The owner of a request whose consumer is an actor. */
  static Behavior<Command> forActor(Shared shared, Generate generate) {
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
                          shared,
                          generate.request(),
                          new CompletableFuture<>(),
                          outlet)
                      .submit();
                }));
  }

  private Behavior<Command> submit() {
    context.watchWith(shared.batching(), new Broken("the engine has stopped"));
    shared.batching().tell(new BatchingActor.Submit(request, context.getSelf()));
    return Behaviors.receive(Command.class)
        .onMessage(Command.class, this::onCommand)
        .onSignal(PostStop.class, signal -> onStop())
        .build();
  }

  private Behavior<Command> onCommand(Command command) {
    return switch (command) {
      case Emitted emitted -> onEmitted(emitted);
      case Acked() -> {
        outlet.allowNext();
        yield deliver(true);
      }
      case Said(Demand(long upTo)) -> {
        outlet.allow(upTo);
        yield deliver(true);
      }
      case Said(EngineProtocol.Cancel()) -> onCancel();
      case ConsumerGone() -> onConsumerGone();
      case NotTaken(Refusal refusal) -> onNotTaken(refusal);
      case Broken(String message) -> onBroken(message);
      case Stalled() -> onStalled();
      case Attach attach -> Behaviors.unhandled();
    };
  }

  private Behavior<Command> onEmitted(Emitted emitted) {
    if (ended.isPresent()) {
      return Behaviors.same();
    }
    TokenEmission emission = emitted.emission();
    try {
      progress = progress.next(emission, emitted.atNanos());
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
      return onBroken("output of request " + request.id() + " could not be decoded: " + e);
    }
    return deliver(false);
  }

  private Behavior<Command> onCancel() {
    if (ended.isEmpty()) {
      leave();
      output.end();
      end(FinishReason.CANCELLED, shared.clock().nanoTime());
    }
    return deliver(false);
  }

  private Behavior<Command> onConsumerGone() {
    if (ended.isEmpty()) {
      leave();
      end(FinishReason.CANCELLED, shared.clock().nanoTime());
    }
    return Behaviors.stopped();
  }

  private Behavior<Command> onNotTaken(Refusal refusal) {
    completion.completeExceptionally(new RequestRefusedException(refusal));
    outlet.announce(new Refused(request.id(), refusal));
    return Behaviors.stopped();
  }

  private Behavior<Command> onBroken(String message) {
    if (ended.isEmpty()) {
      account(FinishReason.FAILED, shared.clock().nanoTime());
      completion.completeExceptionally(new EngineFailedException(message));
    }
    outlet.announce(new Failed(request.id(), FinishReason.FAILED, message));
    return Behaviors.stopped();
  }

  private Behavior<Command> onStalled() {
    if (ended.isEmpty()) {
      leave();
      end(FinishReason.SLOW_CONSUMER, shared.clock().nanoTime());
    }
    String message =
        "the consumer of request "
            + request.id()
            + " took nothing for "
            + shared.settings().stallTimeout()
            + "; read faster or raise adaspec.streams.stall-timeout";
    outlet.announce(new Failed(request.id(), FinishReason.SLOW_CONSUMER, message));
    return Behaviors.stopped();
  }

  /** Tells the scheduler that this request needs no more tokens. */
  private void leave() {
    shared.batching().tell(new BatchingActor.Cancel(request.id()));
  }

  private void end(FinishReason reason, long atNanos) {
    GenerationSummary summary = account(reason, atNanos);
    ended = Optional.of(summary);
    completion.complete(summary);
  }

  private GenerationSummary account(FinishReason reason, long atNanos) {
    int delivered = output.deliveredTokens() + output.deliverableTokens();
    GenerationSummary summary = progress.summary(reason, delivered, atNanos);
    shared.observer().requestFinished(summary);
    shared.supervisor().tell(new SupervisorActor.RequestEnded(summary));
    return summary;
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
      shared.observer().tokensDelivered(tokens.tokenIds().size());
    }
    if (outlet.hasCredit() && !output.hasDeliverable() && ended.isPresent()) {
      GenerationSummary summary = ended.get();
      outlet.deliver(new TokenEvent.Finished(summary.reason(), summary));
      return Behaviors.stopped();
    }
    steer(consumed);
    return Behaviors.same();
  }

  private void steer(boolean consumed) {
    int waiting = output.deliverableTokens();
    if (!paused && ended.isEmpty() && waiting >= shared.settings().pauseTokens()) {
      paused = true;
      shared.batching().tell(new BatchingActor.Pause(request.id()));
      shared.observer().requestPaused();
    } else if (paused && waiting <= shared.settings().resumeTokens()) {
      paused = false;
      shared.batching().tell(new BatchingActor.Resume(request.id()));
      shared.observer().requestResumed();
    }
    Stalled stalled = new Stalled();
    if (!paused && ended.isEmpty()) {
      timers.cancel(stalled);
    } else if (consumed || !timers.isTimerActive(stalled)) {
      timers.startSingleTimer(stalled, stalled, shared.settings().stallTimeout());
    }
  }

  private Behavior<Command> onStop() {
    completion.completeExceptionally(
        new EngineFailedException("request " + request.id() + " was stopped before its end"));
    return Behaviors.same();
  }
}
