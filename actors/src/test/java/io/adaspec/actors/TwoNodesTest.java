package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.summary;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.testkit.TestSubscriber;
import org.apache.pekko.stream.testkit.javadsl.TestSink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A gateway in this JVM, a worker in another one, Artery between them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TwoNodesTest {
  private static Process worker;
  private static ActorTestKit kit;
  private static RemoteEngine engine;

  @BeforeAll
  static void start() throws IOException {
    worker =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerNode.class.getName())
            .redirectErrorStream(true)
            .start();
    String address = address(worker.inputReader(StandardCharsets.UTF_8));
    kit = ActorTestKit.create("adaspec", WorkerNode.config());
    Cluster.get(kit.system()).manager().tell(Join.create(AddressFromURIString.parse(address)));
    engine = RemoteEngine.connect(kit.system(), EngineFixture.model(WorkerNode.MODEL));
    awaitStatus(EngineStatus::ready);
  }

  private static String address(BufferedReader output) throws IOException {
    List<String> seen = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(WorkerNode.READY)) {
        return line.substring(WorkerNode.READY.length());
      }
      seen.add(line);
    }
    throw new IllegalStateException("the worker's JVM did not start: " + seen);
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (kit != null) {
      kit.shutdownTestKit();
    }
    worker.destroy();
    if (!worker.waitFor(10, TimeUnit.SECONDS)) {
      worker.destroyForcibly();
    }
  }

  private static void awaitStatus(java.util.function.Predicate<EngineStatus> condition) {
    TestProbe<Object> probe = kit.createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(20),
        Duration.ofMillis(50),
        () -> {
          try {
            assertThat(await(engine.status())).matches(condition);
          } catch (EngineFailedException notYet) {
            throw new AssertionError(notYet);
          }
          return probe;
        });
  }

  private static CompletionStage<List<TokenEvent>> start(InferenceRequest request) {
    return engine.generate(request).runWith(Sink.seq(), kit.system());
  }

  @Test
  void aGatewaysClientsStreamFromAWorkersEngine() {
    List<InferenceRequest> requests = new ArrayList<>();
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      requests.add(request(engine, "stream-" + i, i, 200).build());
      answers.add(start(requests.getLast()));
    }
    for (int i = 0; i < requests.size(); i++) {
      List<TokenEvent> events = await(answers.get(i));
      assertThat(text(events)).isEqualTo(oracle(requests.get(i)));
      assertThat(summary(events).acceptedTokens()).isPositive();
      assertThat(summary(events).ttftNanos()).isBetween(1L, 20_000_000_000L);
    }
  }

  @Test
  void aStalledClientPausesItsSequenceOnTheWorker() {
    InferenceRequest request = request(engine, "stalled", 50, 900).build();
    TestSubscriber.Probe<TokenEvent> client =
        engine
            .generate(request)
            .runWith(TestSink.create(kit.system().classicSystem()), kit.system());
    client.ensureSubscription();
    awaitStatus(status -> status.paused() == 1);
    InferenceRequest other = request(engine, "beside", 51, 100).build();
    assertThat(text(await(start(other)))).isEqualTo(oracle(other));
    List<TokenEvent> events = new ArrayList<>();
    do {
      events.add(client.requestNext());
    } while (!(events.getLast() instanceof TokenEvent.Finished));
    client.expectComplete();
    assertThat(text(events)).isEqualTo(oracle(request)).hasSize(900);
  }

  @Test
  void cancelReachesTheWorker() {
    Pair<Generation, TestSubscriber.Probe<TokenEvent>> run =
        engine
            .generate(request(engine, "cancelled", 60, 900).build())
            .toMat(TestSink.create(kit.system().classicSystem()), Keep.both())
            .run(kit.system());
    run.second().requestNext();
    run.first().cancel();
    TokenEvent last = run.second().requestNext();
    while (!(last instanceof TokenEvent.Finished)) {
      last = run.second().requestNext();
    }
    assertThat(((TokenEvent.Finished) last).reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(await(run.first().completion()).reason()).isEqualTo(FinishReason.CANCELLED);
    awaitStatus(status -> status.running() == 0);
  }

  @Test
  void aDisconnectFreesTheSequenceOnTheWorker() {
    TestSubscriber.Probe<TokenEvent> client =
        engine
            .generate(request(engine, "gone", 61, 900).build())
            .runWith(TestSink.create(kit.system().classicSystem()), kit.system());
    client.requestNext();
    client.cancel();
    awaitStatus(status -> status.running() == 0);
  }

  @Test
  void refusalsCrossTheWire() {
    InferenceRequest tooLong =
        InferenceRequest.builder("long", EngineFixture.prompt(1024, 1), 5, 0).build();
    assertThatThrownBy(() -> await(start(tooLong)))
        .isInstanceOfSatisfying(
            RequestRefusedException.class, refused -> assertThat(refused.neverFits()).isTrue());
  }

  /** Artery drops what does not fit its frame, and the client would hear of a lost worker. */
  @Test
  void aPromptThatIsLongerThanAMessageIsRefusedAtTheGateway() {
    InferenceRequest tooLong =
        InferenceRequest.builder("huge", EngineFixture.prompt(300_000, 1), 5, 0).build();
    assertThatThrownBy(() -> await(start(tooLong)))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> {
              assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.NEVER_FITS);
              assertThat(refused).hasMessageContaining("300000 tokens");
              assertThat(refused).hasMessageContaining("adaspec.wire.max-message-bytes");
            });
  }

  @Test
  void aPolicyTravelsAsData() {
    PolicySnapshot wanted =
        new PolicySnapshot(0, "fixed:2", DrafterKind.MODEL, 2, Verifier.COUPLED);
    PolicySnapshot inForce = await(engine.applyPolicy(wanted));
    assertThat(inForce.strategy()).isEqualTo("fixed:2");
    assertThat(inForce.version()).isPositive();
    PolicySnapshot unknown = new PolicySnapshot(0, "magic", DrafterKind.MODEL, 2, Verifier.COUPLED);
    assertThatThrownBy(() -> await(engine.applyPolicy(unknown))).hasMessageContaining("magic");
  }
}
