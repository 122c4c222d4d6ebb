package io.adaspec.api.server;

import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineProtocol;
import io.adaspec.actors.EngineStatus;
import io.adaspec.actors.Generation;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.SloAttainment;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.control.ControlReport;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Source;

/**
 * An engine that says what a test tells it to, for what a real one does not do on demand: fail in
 * the middle, be silent, refuse.
 */
final class ScriptedEngine implements Engine {
  private final ActorSystem<?> system;
  private final EngineModel model;
  private final Function<InferenceRequest, Source<TokenEvent, NotUsed>> script;
  final List<InferenceRequest> requests = new CopyOnWriteArrayList<>();
  final AtomicInteger active = new AtomicInteger();
  private volatile String unready = "";

  ScriptedEngine(
      ActorSystem<?> system,
      EngineModel model,
      Function<InferenceRequest, Source<TokenEvent, NotUsed>> script) {
    this.system = system;
    this.model = model;
    this.script = script;
  }

  /** From now on it says that it takes no requests. */
  void becomeUnready(String reason) {
    unready = reason;
  }

  /** Says words, one token each, and ends with {@code STOP}. */
  static Function<InferenceRequest, Source<TokenEvent, NotUsed>> saying(String... words) {
    return request -> words(words).concat(end(request, FinishReason.STOP, words.length));
  }

  /** Says letters without end, a pause between them. */
  static Function<InferenceRequest, Source<TokenEvent, NotUsed>> babbling(Duration pause) {
    return request ->
        Source.tick(pause, pause, "x")
            .mapMaterializedValue(cancellable -> NotUsed.getInstance())
            .map(text -> (TokenEvent) new TokenEvent.Tokens(text, TokenIds.of(120), 0));
  }

  static Source<TokenEvent, NotUsed> words(String... words) {
    return Source.from(List.of(words))
        .map(word -> (TokenEvent) new TokenEvent.Tokens(word, TokenIds.of(1), 0));
  }

  static Source<TokenEvent, NotUsed> end(
      InferenceRequest request, FinishReason reason, int tokens) {
    return Source.single(
        new TokenEvent.Finished(
            reason,
            new GenerationSummary(
                request.id(),
                reason,
                request.prompt().size(),
                0,
                tokens,
                4,
                3,
                2,
                1_000_000,
                5_000_000,
                2_000_000,
                9_000_000,
                request.serviceClass(),
                request.slo())));
  }

  @Override
  public EngineModel model() {
    return model;
  }

  @Override
  public NanoClock clock() {
    return NanoClock.system();
  }

  @Override
  public Source<TokenEvent, Generation> generate(InferenceRequest request) {
    return script
        .apply(request)
        .viaMat(KillSwitches.single(), Keep.right())
        .watchTermination(
            (end, done) -> {
              requests.add(request);
              active.incrementAndGet();
              done.whenComplete((ended, failure) -> active.decrementAndGet());
              return new Scripted(request.id(), end);
            });
  }

  @Override
  public ActorRef<EngineProtocol.Command> requests() {
    return system.ignoreRef();
  }

  @Override
  public CompletionStage<EngineStatus> status() {
    return CompletableFuture.completedStage(
        new EngineStatus(
            unready.isEmpty(),
            false,
            unready,
            List.of(),
            active.get(),
            0,
            0,
            0,
            PolicySnapshot.plain(),
            SloAttainment.none(),
            ControlReport.none(),
            Map.of()));
  }

  @Override
  public CompletionStage<PolicySnapshot> applyPolicy(PolicySnapshot policy) {
    return CompletableFuture.completedStage(policy);
  }

  @Override
  public CompletionStage<Done> stop() {
    return CompletableFuture.completedStage(Done.getInstance());
  }

  private record Scripted(RequestId id, UniqueKillSwitch end) implements Generation {
    @Override
    public void cancel() {
      end.shutdown();
    }

    @Override
    public CompletionStage<GenerationSummary> completion() {
      return new CompletableFuture<>();
    }
  }
}
