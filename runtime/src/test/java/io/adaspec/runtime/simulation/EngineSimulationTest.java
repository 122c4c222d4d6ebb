package io.adaspec.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.simulation.RequestRecord.State;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users can rely on, of the whole engine under load. */
class EngineSimulationTest {
  private static final Lengths SHORT =
      new Lengths(List.of(new Lengths.Kind(40, 0.5, 150, 40, 0.5, 120)));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fixed:3",
        "threshold:0.6",
        "smartspec",
        "adaspec-drafter",
        "adaspec-literal",
        "adaspec",
        "slo"
      })
  void underLoadEveryTextIsThatOfPlainDecoding(String strategy) {
    Scenario scenario = scenario("sim:tiny,blocks=90,draftBlocks=60,lookups=0.3,audit", 1.3, 1, 1);

    assertThat(texts(scenario.run(strategy))).isEqualTo(texts(scenario.run("off")));
  }

  @Test
  void equalSeedsGiveEqualRunsAndOthersOther() {
    Scenario scenario = scenario("sim:tiny", 0.7, 1);

    TrafficReport first = scenario.run("slo").all();

    assertThat(scenario.run("slo").all()).isEqualTo(first);
    assertThat(scenario("sim:tiny,seed=2", 0.7, 1).run("slo").all()).isNotEqualTo(first);
  }

  @Test
  void whateverClientsDoEveryBlockIsFreeInTheEnd() {
    Random random = new Random(7);
    Scenario scenario = scenario("sim:tiny,blocks=70,draftBlocks=40,audit", 1.5, 2, 1);
    EngineSimulation engine = scenario.engine(policy("slo", 1));
    List<InferenceRequest> requests = scenario.requests();
    requests.forEach(engine::submit);
    String[] strategies = {"off", "fixed:4", "adaspec", "slo"};
    for (int i = 0; engine.advance(); i++) {
      if (i % 8 == 0) {
        engine.checkInvariants();
      }
      RequestId some = requests.get(random.nextInt(requests.size())).id();
      switch (random.nextInt(12)) {
        case 0 -> engine.cancel(some);
        case 1, 2 -> engine.pause(some);
        case 3 -> engine.apply(policy(strategies[i % strategies.length], i + 2));
        default -> engine.resume(some);
      }
    }
    requests.forEach(request -> engine.resume(request.id()));
    engine.run();

    engine.checkAllFree();
    assertThat(engine.records())
        .allMatch(r -> r.state() == State.FINISHED || r.state() == State.CANCELLED)
        .anyMatch(r -> r.state() == State.FINISHED)
        .anyMatch(r -> r.state() == State.CANCELLED);
    Map<RequestId, Long> plain = texts(scenario.run("off"));
    for (RequestRecord record : engine.records()) {
      if (record.state() == State.FINISHED) {
        assertThat(record.outputHash()).isEqualTo(plain.get(record.request().id()));
      }
    }
  }

  @Test
  void aLongPromptHoldsUpNobodyWhoDecodes() {
    EngineSimulation engine = scenario("sim:tiny,context=4096", 0.1, 1).engine(policy("off", 1));
    engine.submit(request("talker", 10, 400, 0, ServiceClass.STANDARD));
    engine.submit(request("reader", 4000, 1, 50, ServiceClass.STANDARD));
    engine.run();

    RequestRecord talker = engine.record(new RequestId("talker"));
    assertThat(talker.state()).isEqualTo(State.FINISHED);
    assertThat(talker.tpotNanos() / 1e6).isLessThan(2.5);
    int chunks = 26;
    assertThat(engine.record(new RequestId("reader")).ttftNanos() / 1e6).isLessThan(12.0 * chunks);
  }

  @Test
  void underOverloadThoseThatCanStillMeetTheirTargetsDo() {
    Scenario overload = targets(2, 0);

    double plain = overload.run("off").all().attainment();
    TrafficReport slo = overload.run("slo").all();

    assertThat(slo.attainment()).isGreaterThan(plain + 0.25);
    assertThat(slo.refused()).isZero();
  }

  @Test
  void aBatchJobCostsInteractiveRequestsHardlyAnything() {
    double alone = byClass(targets(0.25, 0).run("slo"), ServiceClass.INTERACTIVE).attainment();
    Outcome mixed = targets(0.25, 1).run("slo");

    assertThat(byClass(mixed, ServiceClass.INTERACTIVE).attainment()).isGreaterThan(alone - 0.02);
    assertThat(mixed.records()).allMatch(record -> record.state() == State.FINISHED);
  }

  /** Drafts that do not pay leave their memory to the target, a fifth of it on this pair. */
  @Test
  void whereDraftsRestTheirMemoryServesMoreRequests() {
    Outcome fixedPools = withLittleMemory("acceptance=0.1,unshared").run("slo");
    Outcome sharedMemory = withLittleMemory("acceptance=0.1").run("slo");

    assertThat(texts(sharedMemory)).isEqualTo(texts(fixedPools));
    assertThat(sharedMemory.steps().preemptions()).isLessThan(fixedPools.steps().preemptions() / 2);
    assertThat(sharedMemory.all().attainment()).isGreaterThan(fixedPools.all().attainment() + 0.05);
  }

  @Test
  void draftsThatPayKeepTheirMemory() {
    double fixedPools = withLittleMemory("acceptance=0.8,unshared").run("slo").all().attainment();
    Outcome sharedMemory = withLittleMemory("acceptance=0.8").run("slo");

    assertThat(sharedMemory.all().attainment()).isGreaterThan(fixedPools - 0.01);
  }

  private static Scenario withLittleMemory(String settings) {
    return new Scenario(
        "little memory",
        "",
        "sim:h200-llama-8b,blocks=300," + settings,
        1,
        3,
        20,
        new SchedulerLimits(256, 512, 32),
        QueueBounds.none(),
        List.of(stream("t", ServiceClass.STANDARD, 1.3, Traffic.Slo.scaled(10, 3))));
  }

  private static TrafficReport byClass(Outcome outcome, ServiceClass serviceClass) {
    return Objects.requireNonNull(outcome.byClass().get(serviceClass));
  }

  /** Interactive requests with targets at that load, and a batch job at that one. */
  private static Scenario targets(double interactive, double batch) {
    List<Traffic> streams = new ArrayList<>();
    streams.add(stream("people", ServiceClass.INTERACTIVE, interactive, Traffic.Slo.scaled(10, 3)));
    if (batch > 0) {
      streams.add(stream("job", ServiceClass.BATCH, batch, Traffic.Slo.none()));
    }
    return new Scenario(
        "targets",
        "",
        "sim:h200-llama-8b",
        1,
        3,
        8,
        new SchedulerLimits(256, 512, 32),
        QueueBounds.none(),
        streams);
  }

  private static Traffic stream(
      String name, ServiceClass serviceClass, double load, Traffic.Slo slo) {
    Arrivals arrivals = new Arrivals.Phases(List.of(new Arrivals.Phase(60, 0, load, 1)));
    return new Traffic(name, serviceClass, arrivals, Lengths.SPEC_BENCH, slo, 0);
  }

  @Test
  void noPromptStarvesBehindShorterAndMoreUrgentOnes() {
    EngineSimulation engine = scenario("sim:tiny", 0.1, 1).engine(policy("slo", 1));
    engine.submit(request("patient", 600, 10, 0, ServiceClass.BATCH));
    for (int i = 0; i < 400; i++) {
      long at = 10 + i * 3_000_000L;
      engine.submit(request("u" + i, 40, 4, at, ServiceClass.INTERACTIVE));
    }
    engine.run();

    RequestRecord patient = engine.record(new RequestId("patient"));
    long lastArrival = 400 * 3_000_000L;
    assertThat(patient.request().arrivalNanos() + patient.ttftNanos()).isLessThan(lastArrival);
  }

  @Test
  void interactiveRequestsKeepTheirTargetsWhileBatchRequestsAbsorbTheLoad() {
    Outcome outcome =
        new Scenario(
                "mixed",
                "",
                "sim:tiny",
                1,
                1,
                8,
                new SchedulerLimits(32, 256, 16),
                QueueBounds.none(),
                List.of(
                    traffic("people", ServiceClass.INTERACTIVE, 0.2, Traffic.Slo.scaled(4, 4)),
                    traffic("job", ServiceClass.BATCH, 1.3, Traffic.Slo.none())))
            .run("slo");

    var interactive = Objects.requireNonNull(outcome.byClass().get(ServiceClass.INTERACTIVE));
    var batch = Objects.requireNonNull(outcome.byClass().get(ServiceClass.BATCH));
    assertThat(interactive.attainment()).isGreaterThan(0.95);
    assertThat(batch.ttft().median()).isGreaterThan(10 * interactive.ttft().median());
  }

  @Test
  void aBoundedQueueRefusesWithAnHonestPrediction() {
    Scenario crowded =
        new Scenario(
            "crowded",
            "",
            "sim:tiny",
            1,
            1,
            20,
            new SchedulerLimits(16, 128, 16),
            new QueueBounds(20, 100_000, 2),
            List.of(traffic("t", ServiceClass.STANDARD, 2, new Traffic.Slo(300, 0, 0, 0))));

    Outcome outcome = crowded.run("off");

    assertThat(outcome.all().refused()).isGreaterThan(0);
    assertThat(outcome.records())
        .filteredOn(r -> r.state() == State.REFUSED)
        .allMatch(r -> r.predictedWaitNanos() > 0 && r.retryAfterNanos() > 0);
    List<RequestRecord> waited =
        outcome.records().stream()
            .filter(r -> r.state() == State.FINISHED && r.predictedWaitNanos() > 50_000_000)
            .toList();
    double predicted = waited.stream().mapToLong(RequestRecord::predictedWaitNanos).sum();
    double real = waited.stream().mapToLong(RequestRecord::ttftNanos).sum();
    assertThat(predicted / real).isBetween(0.6, 1.7);
  }

  @Test
  void twoDevicesServeTwiceTheTraffic() {
    double one = scenario("sim:tiny", 1.8, 1).run("off").all().ttft().mean();
    Scenario same = scenario("sim:tiny", 0.9, 2);

    assertThat(same.requests().size())
        .isCloseTo(scenario("sim:tiny", 1.8, 1).requests().size(), within(15));
    assertThat(same.run("off").all().ttft().mean()).isLessThan(one / 2);
  }

  @Test
  void aUselessDraftCostsAtMostThreePercent() {
    StepTally steps =
        scenario("sim:tiny,acceptance=0,requestSpread=0,tokenSpread=0,bias=8", 0.5, 1, 6)
            .run("slo")
            .steps();

    assertThat(steps.steps()).isGreaterThan(2000);
    assertThat(steps.worstGain()).isGreaterThan(0.97);
  }

  @Test
  void aGoodDraftMakesEverybodyFaster() {
    Scenario scenario = scenario("sim:tiny,acceptance=0.9", 0.3, 1);

    assertThat(scenario.run("slo").all().e2e().mean())
        .isLessThan(0.6 * scenario.run("off").all().e2e().mean());
  }

  private static org.assertj.core.data.Offset<Integer> within(int offset) {
    return org.assertj.core.api.Assertions.within(offset);
  }

  private static Map<RequestId, Long> texts(Outcome outcome) {
    Map<RequestId, Long> texts = new HashMap<>();
    for (RequestRecord record : outcome.records()) {
      assertThat(record.state()).isEqualTo(State.FINISHED);
      texts.put(record.request().id(), record.outputHash());
    }
    assertThat(texts).hasSizeGreaterThan(50);
    return texts;
  }

  private static PolicySnapshot policy(String strategy, long version) {
    return new PolicySnapshot(
        version, strategy, DrafterKind.MODEL, Strategies.DEFAULT_DRAFT_CAP, Verifier.COUPLED);
  }

  private static Scenario scenario(String device, double load, int devices) {
    return scenario(device, load, devices, 4);
  }

  private static Scenario scenario(String device, double load, int devices, double seconds) {
    return new Scenario(
        "test",
        "",
        device,
        devices,
        3,
        seconds,
        new SchedulerLimits(32, 160, 16),
        QueueBounds.none(),
        List.of(traffic("t", ServiceClass.STANDARD, load, Traffic.Slo.scaled(5, 2))));
  }

  private static Traffic traffic(
      String name, ServiceClass serviceClass, double load, Traffic.Slo slo) {
    Arrivals arrivals = new Arrivals.Phases(List.of(new Arrivals.Phase(1000, 0, load, 1)));
    return new Traffic(name, serviceClass, arrivals, SHORT, slo, 0);
  }

  private static InferenceRequest request(
      String id, int promptTokens, int outputTokens, long arrivalNanos, ServiceClass serviceClass) {
    int[] prompt = new int[promptTokens];
    for (int i = 0; i < promptTokens; i++) {
      prompt[i] = (i * 31 + id.hashCode()) & 127;
    }
    return InferenceRequest.builder(id, TokenIds.of(prompt), outputTokens, arrivalNanos)
        .serviceClass(serviceClass)
        .slo(new SloTarget(SloTarget.NONE, 10_000_000))
        .build();
  }
}
