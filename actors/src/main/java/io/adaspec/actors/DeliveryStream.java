package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Delivered;
import io.adaspec.actors.EngineProtocol.Delivery;
import io.adaspec.actors.EngineProtocol.Failed;
import io.adaspec.actors.EngineProtocol.Refused;
import io.adaspec.runtime.request.RequestId;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.typed.javadsl.ActorSource;

/**
 * A stream of token events whose owner is an actor: it is told when the stream exists, takes the
 * next delivery, and ends.
 *
 * @param <C> what the owner understands
 * @param attach the stream exists and takes one delivery
 * @param acked it takes another
 * @param gone it has ended
 * @param cancel its consumer wants no more output
 */
record DeliveryStream<C>(Function<ActorRef<Delivery>, C> attach, C acked, C gone, C cancel) {

  /**
   * The stream of a request.
   *
   * @param spawn starts the owner, which completes the summary; called at each materialisation,
   *     before the source exists, since the source acknowledges to the owner
   */
  Source<TokenEvent, Generation> of(
      RequestId id, Function<CompletableFuture<GenerationSummary>, ActorRef<C>> spawn) {
    return Source.fromMaterializer((materializer, attributes) -> start(spawn))
        .mapMaterializedValue(running -> new StreamGeneration(id, running));
  }

  private Source<TokenEvent, StreamGeneration.Running> start(
      Function<CompletableFuture<GenerationSummary>, ActorRef<C>> spawn) {
    CompletableFuture<GenerationSummary> completion = new CompletableFuture<>();
    ActorRef<C> owner = spawn.apply(completion);
    return ActorSource.<Delivery, C>actorRefWithBackpressure(
            owner, acked, delivery -> Optional.empty(), DeliveryStream::failure)
        .mapMaterializedValue(
            stream -> {
              owner.tell(attach.apply(stream));
              return new StreamGeneration.Running(() -> owner.tell(cancel), completion);
            })
        .collectType(Delivered.class)
        .map(Delivered::event)
        .takeWhile(event -> !(event instanceof TokenEvent.Finished), true)
        .watchTermination(
            (running, done) -> {
              var _ = Stages.direct(done).whenComplete((d, e) -> owner.tell(gone));
              return running;
            });
  }

  private static Optional<Throwable> failure(Delivery delivery) {
    return switch (delivery) {
      case Refused(var id, Refusal refusal) -> Optional.of(new RequestRefusedException(refusal));
      case Failed failed -> Optional.of(failed.exception());
      case Delivered delivered -> Optional.empty();
      case EngineProtocol.Started started -> Optional.empty();
    };
  }
}
