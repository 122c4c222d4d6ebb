package io.adaspec.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.speculation.control.ControlReason;
import io.adaspec.runtime.speculation.control.ControlReport;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The slow loop at work in the whole engine, as load shifts and drafts change. */
class SlowLoopTest {
  private static final PolicySnapshot SLO =
      new PolicySnapshot(1, "slo", DrafterKind.MODEL, 8, Verifier.COUPLED);
  private static final int SEEDS = 4;
  private static final long LOOK_NANOS = 250_000_000L;

  private static Scenario scenario(long seed, String draft, Arrivals interactive, Arrivals batch) {
    return new Scenario(
        "slow loop",
        "",
        "sim:h200-llama-8b," + draft,
        1,
        seed,
        30,
        new SchedulerLimits(256, 512, 32),
        QueueBounds.none(),
        List.of(
            new Traffic(
                "people",
                ServiceClass.INTERACTIVE,
                interactive,
                Lengths.SPEC_BENCH,
                Traffic.Slo.scaled(10, 2),
                0),
            new Traffic(
                "jobs",
                ServiceClass.BATCH,
                batch,
                Lengths.SPEC_BENCH,
                Traffic.Slo.scaled(10, 2),
                0)));
  }

  private static Arrivals idleOverloadIdle() {
    return new Arrivals.Phases(
        List.of(
            new Arrivals.Phase(10, 0, 0.05, 1),
            new Arrivals.Phase(10, 0, 1.5, 1),
            new Arrivals.Phase(1e6, 0, 0.02, 1)));
  }

  private static Arrivals steady(double load) {
    return new Arrivals.Phases(List.of(new Arrivals.Phase(1e6, 0, load, 1)));
  }

  private static EngineSimulation engine(Scenario scenario, boolean supervised) {
    EngineSimulation engine = scenario.engine(SLO);
    List<InferenceRequest> requests = scenario.requests();
    requests.forEach(engine::submit);
    return supervised ? engine : engine.withoutSupervisor();
  }

  private static double attainment(EngineSimulation engine) {
    return engine.records().stream().filter(RequestRecord::metSlo).count()
        / (double) engine.records().size();
  }

  /** What a class used at every look. */
  private static List<ControlReport.OfClass> watch(EngineSimulation engine, ServiceClass of) {
    List<ControlReport.OfClass> seen = new ArrayList<>();
    long next = LOOK_NANOS;
    while (engine.advance()) {
      if (engine.nowNanos() >= next) {
        seen.add(engine.control().of(of));
        next = engine.nowNanos() + LOOK_NANOS;
      }
    }
    return seen;
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "good drafts,'acceptance=0.8'",
        "drafts that become useless,'acceptance=0.8,later.acceptance=0.02,changeAfter=12'",
        "drafts that become good,'acceptance=0.02,later.acceptance=0.8,changeAfter=12'"
      })
  void servesAsWellAsWithoutItAndNeverSlowerThanPlainDecoding(String what, String draft) {
    double before = 0;
    double after = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      Scenario scenario = scenario(seed, draft, steady(0.3), idleOverloadIdle());
      EngineSimulation alone = engine(scenario, false);
      EngineSimulation supervised = engine(scenario, true);
      alone.run();
      supervised.run();
      before += attainment(alone) / SEEDS;
      after += attainment(supervised) / SEEDS;
      assertThat(supervised.steps().steps()).isGreaterThan(1000);
      assertThat(supervised.steps().worstGain()).as(what).isGreaterThanOrEqualTo(0.97);
    }
    assertThat(after).as(what).isGreaterThanOrEqualTo(before - 0.01);
  }

  @Test
  void draftsThatBecomeUselessRest() {
    EngineSimulation engine =
        engine(
            scenario(
                1,
                "acceptance=0.8,later.acceptance=0.02,changeAfter=5",
                steady(0.05),
                steady(0.05)),
            true);

    List<ControlReport.OfClass> seen = watch(engine, ServiceClass.INTERACTIVE);

    assertThat(seen.subList(0, 20)).allMatch(each -> each.drafter() == DrafterKind.MODEL);
    assertThat(seen)
        .anyMatch(
            each ->
                each.drafter() != DrafterKind.MODEL
                    && (each.reason() == ControlReason.DRAFTS_LOSE
                        || each.reason() == ControlReason.DRAFTS_IDLE));
  }

  @Test
  void underOverloadTheLowestClassDraftsLessForTheSakeOfThePeopleAndMoreAgainLater() {
    EngineSimulation engine =
        engine(scenario(1, "acceptance=0.8", steady(0.3), idleOverloadIdle()), true);

    List<ControlReport.OfClass> seen = watch(engine, ServiceClass.BATCH);

    assertThat(seen.subList(0, 38)).allMatch(each -> each.draftCap() == 8);
    assertThat(seen)
        .extracting(ControlReport.OfClass::reason)
        .containsSubsequence(ControlReason.HIGHER_CLASS_LATE, ControlReason.PACE_REGAINED);
    assertThat(seen).anyMatch(each -> each.draftCap() <= 2);
  }
}
