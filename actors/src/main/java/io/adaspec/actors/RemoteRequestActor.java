package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Control;
import io.adaspec.actors.EngineProtocol.Delivered;
import io.adaspec.actors.EngineProtocol.Delivery;
import io.adaspec.actors.EngineProtocol.Demand;
import io.adaspec.actors.EngineProtocol.Failed;
import io.adaspec.actors.EngineProtocol.Generate;
import io.adaspec.actors.EngineProtocol.Refused;
import io.adaspec.actors.EngineProtocol.Started;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
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
 * The gateway's end of a request that runs on a worker: passes events on in order, and gives the
 * worker credit for a few more than its stream has taken. Demand is repeated, since messages
 * between nodes may get lost; a lost event fails the stream.
 */
final class RemoteRequestActor {
  /** What the gateway's end is told. */
  sealed interface Command {}

  /** The stream exists and takes one event. */
  record Attach(ActorRef<Delivery> stream) implements Command {}

  /** The stream takes another event. */
  record Acked() implements Command, DeadLetterSuppression {}

  /** The stream has ended. */
  record ConsumerGone() implements Command, DeadLetterSuppression {}

  /** The consumer wants no more output. */
  record CancelRequested() implements Command, DeadLetterSuppression {}

  private record Arrived(Delivery delivery) implements Command, DeadLetterSuppression {}

  private record Repeat() implements Command {}

  private record WorkerSilent() implements Command {}

  private record WorkerGone() implements Command {}

  /** Events on the way; each is as large as the worker's coalescing makes it. */
  private static final int WINDOW = 8;

  private static final Duration REPEAT = Duration.ofSeconds(1);
  private static final Duration START_TIMEOUT = Duration.ofSeconds(10);

  /** The worker's end stops right after its last event, which may come later than the news. */
  private static final Duration LAST_EVENTS = Duration.ofSeconds(2);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final InferenceRequest request;
  private final CompletableFuture<GenerationSummary> completion;
  private final ActorRef<Delivery> stream;
  private final Deque<Delivered> arrived = new ArrayDeque<>();
  private Optional<ActorRef<Control>> worker = Optional.empty();
  private boolean streamReady = true;
  private boolean cancelled;
  private long received;
  private long passedOn;

  private RemoteRequestActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      InferenceRequest request,
      CompletableFuture<GenerationSummary> completion,
      ActorRef<Delivery> stream) {
    this.context = context;
    this.timers = timers;
    this.request = request;
    this.completion = completion;
    this.stream = stream;
  }

  static Behavior<Command> create(
      InferenceRequest request,
      ActorRef<GatewayActor.Command> gateway,
      CompletableFuture<GenerationSummary> completion) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    Behaviors.receive(Command.class)
                        .onMessage(
                            Attach.class,
                            attach ->
                                new RemoteRequestActor(
                                        context, timers, request, completion, attach.stream())
                                    .begin(gateway))
                        .onMessage(ConsumerGone.class, gone -> Behaviors.stopped())
                        .build()));
  }

  private Behavior<Command> begin(ActorRef<GatewayActor.Command> gateway) {
    ActorRef<Delivery> self = context.messageAdapter(Delivery.class, Arrived::new);
    gateway.tell(new GatewayActor.Send(new Generate(request, self, WINDOW)));
    timers.startSingleTimer(new WorkerSilent(), START_TIMEOUT);
    timers.startTimerWithFixedDelay(new Repeat(), REPEAT);
    context.watchWith(gateway, new WorkerGone());
    return Behaviors.receive(Command.class)
        .onMessage(Command.class, this::onCommand)
        .onSignal(PostStop.class, signal -> onStop())
        .build();
  }

  private Behavior<Command> onCommand(Command command) {
    return switch (command) {
      case Arrived(Delivery delivery) -> onDelivery(delivery);
      case Acked() -> {
        streamReady = true;
        yield passOn();
      }
      case CancelRequested() -> {
        cancelled = true;
        tellWorker(new EngineProtocol.Cancel());
        yield Behaviors.same();
      }
      case ConsumerGone() -> {
        tellWorker(new EngineProtocol.Cancel());
        yield Behaviors.stopped();
      }
      case Repeat() -> {
        demand();
        if (cancelled) {
          tellWorker(new EngineProtocol.Cancel());
        }
        yield Behaviors.same();
      }
      case WorkerGone() -> {
        timers.startSingleTimer(new WorkerSilent(), LAST_EVENTS);
        yield Behaviors.same();
      }
      case WorkerSilent() ->
          completion.isDone()
              ? Behaviors.same()
              : fail("the worker of request " + request.id() + " is gone");
      case Attach attach -> Behaviors.unhandled();
    };
  }

  private Behavior<Command> onDelivery(Delivery delivery) {
    return switch (delivery) {
      case Started(var id, ActorRef<Control> control) -> {
        worker = Optional.of(control);
        timers.cancel(new WorkerSilent());
        context.watchWith(control, new WorkerGone());
        yield Behaviors.same();
      }
      case Delivered delivered -> onEvent(delivered);
      case Refused(var id, Refusal refusal) -> {
        completion.completeExceptionally(new RequestRefusedException(refusal));
        stream.tell(delivery);
        yield Behaviors.stopped();
      }
      case Failed failed -> {
        completion.completeExceptionally(failed.exception());
        stream.tell(delivery);
        yield Behaviors.stopped();
      }
    };
  }

  private Behavior<Command> onEvent(Delivered delivered) {
    if (delivered.sequenceNumber() <= received) {
      return Behaviors.same();
    }
    if (delivered.sequenceNumber() != received + 1) {
      return fail(
          "event "
              + (received + 1)
              + " of request "
              + request.id()
              + " was lost between nodes; send the request again");
    }
    received++;
    arrived.addLast(delivered);
    if (delivered.event() instanceof TokenEvent.Finished(var reason, GenerationSummary summary)) {
      completion.complete(summary);
    }
    return passOn();
  }

  private Behavior<Command> passOn() {
    Delivered next = streamReady ? arrived.pollFirst() : null;
    if (next == null) {
      return Behaviors.same();
    }
    streamReady = false;
    passedOn++;
    stream.tell(next);
    if (next.event() instanceof TokenEvent.Finished) {
      return Behaviors.stopped();
    }
    if (passedOn % (WINDOW / 2) == 0) {
      demand();
    }
    return Behaviors.same();
  }

  private void demand() {
    tellWorker(new Demand(passedOn + WINDOW));
  }

  private void tellWorker(Control control) {
    worker.ifPresent(ref -> ref.tell(control));
  }

  private Behavior<Command> fail(String message) {
    Failed failed = new Failed(request.id(), FailureReason.WORKER_LOST, message);
    completion.completeExceptionally(failed.exception());
    stream.tell(failed);
    tellWorker(new EngineProtocol.Cancel());
    return Behaviors.stopped();
  }

  private Behavior<Command> onStop() {
    completion.completeExceptionally(
        new EngineFailedException("request " + request.id() + " was stopped before its end"));
    return Behaviors.same();
  }
}
