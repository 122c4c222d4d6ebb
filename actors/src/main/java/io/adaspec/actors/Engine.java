package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.time.NanoClock;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The public door: requests in, tokens out. Hosted by any actor system:
 *
 * {@snippet :
 * Engine engine = Engine.builder(model).device(opener).start(system);
 * engine.generate(request).runForeach(System.out::println, system);
 * }
 *
 * <p>Thread-safe.
 */
public interface Engine {
  /** Collects what an engine needs. */
  static EngineBuilder builder(EngineModel model) {
    return new EngineBuilder(model);
  }

  /**
   * The engine that was started in a system.
   *
   * @throws IllegalStateException if there is none, or more than one
   */
  static Engine get(ActorSystem<?> system) {
    return EngineExtension.of(system).only();
  }

  /**
   * The engine that serves a model in a system.
   *
   * @throws IllegalStateException if there is none
   */
  static Engine get(ActorSystem<?> system, String modelName) {
    return EngineExtension.of(system).named(modelName);
  }

  EngineModel model();

  /** The clock on which {@link InferenceRequest#arrivalNanos} is read. */
  NanoClock clock();

  /**
   * A stream of one request's output. Each materialisation submits the request anew, so run it
   * once; a consumer that does not keep up pauses the request, one that cancels the stream cancels
   * the request.
   *
   * @return fails with {@link RequestRefusedException}, {@link EngineFailedException} or {@link
   *     SlowConsumerException}
   */
  Source<TokenEvent, Generation> generate(InferenceRequest request);

  /** Where typed actors send requests. */
  ActorRef<EngineProtocol.Command> requests();

  /** The engine's state; fails with a {@code TimeoutException} when it does not answer. */
  CompletionStage<EngineStatus> status();

  /**
   * Changes the policy of all steps to come; running requests go on and their text does not change.
   *
   * @return the policy in force, with its version; fails with {@code IllegalArgumentException} when
   *     the strategy is unknown
   */
  CompletionStage<PolicySnapshot> applyPolicy(PolicySnapshot policy);

  /**
   * Takes no new requests, lets the running ones finish within {@code
   * adaspec.shutdown.drain-timeout}, fails those left and frees the devices. The actor system runs
   * on.
   */
  CompletionStage<Done> stop();
}
