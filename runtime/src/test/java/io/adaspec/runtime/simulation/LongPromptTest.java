package io.adaspec.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.device.sim.SimulatedProfile;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prompts beside sequences that decode, where every prefill row costs: on a processor. */
class LongPromptTest {
  private static final SimulatedProfile PROFILE = SimulatedProfile.named("cpu-110m");
  private static final int TALKERS = 4;
  private static final double PLAIN_NANOS = PROFILE.targetPassNanos(TALKERS, TALKERS * 400);

  /** Drafts of 8 tokens for everybody, and once the draft model's catch-up. */
  private static final double DRAFTS_NANOS =
      PROFILE.targetPassNanos(TALKERS * 9, TALKERS * 400)
          - PLAIN_NANOS
          + 8 * PROFILE.draftPassNanos(TALKERS, TALKERS * 400)
          + PROFILE.draftPassNanos(TALKERS * 100, TALKERS * 400);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "off",
        "fixed:3",
        "threshold:0.6",
        "smartspec",
        "smartspec:upstream",
        "adaspec-drafter",
        "adaspec-literal",
        "adaspec",
        "slo"
      })
  void aLongPromptDelaysNobodysNextTokenByMoreThanTheStretch(String strategy) {
    EngineSimulation engine = talkers(strategy);
    engine.submit(request("reader", 4000, 1, 100_000_000));
    engine.run();

    assertThat((double) longestItlNanos(engine))
        .isLessThan(8 * PLAIN_NANOS + DRAFTS_NANOS)
        .isLessThan(PROFILE.targetPassNanos(512, 0) / 2);
    assertThat((double) engine.record(new RequestId("reader")).ttftNanos())
        .isLessThan(2.5 * PROFILE.targetPassNanos(4000, 0));
  }

  private static EngineSimulation talkers(String strategy) {
    EngineSimulation engine = engine(strategy, SchedulerLimits.defaults());
    for (int i = 0; i < TALKERS; i++) {
      engine.submit(request("talker" + i, 20, 400, 0));
    }
    return engine;
  }

  private static long longestItlNanos(EngineSimulation engine) {
    return engine.records().stream().mapToLong(RequestRecord::longestItlNanos).max().orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "fixed:3", "slo"})
  void whatPromptsLeaveToOthersCostsHardlyAnyThroughput(String strategy) {
    SchedulerLimits limits = SchedulerLimits.defaults();
    double bounded = endNanos(strategy, limits);

    assertThat(bounded).isLessThan(1.05 * endNanos(strategy, limits.withDecodeStretch(1e9)));
  }

  private static double endNanos(String strategy, SchedulerLimits limits) {
    EngineSimulation engine = engine(strategy, limits);
    for (int i = 0; i < 200; i++) {
      engine.submit(request("r" + i, 100 + i * 37 % 300, 20 + i * 53 % 100, 0));
    }
    engine.run();
    return engine.records().stream().mapToLong(RequestRecord::lastTokenNanos).max().orElseThrow();
  }

  @Test
  void whereNobodyDecodesAPromptGetsWholeSteps() {
    EngineSimulation engine = engine("off", SchedulerLimits.defaults());
    engine.submit(request("reader", 4000, 1, 0));
    engine.run();

    assertThat(engine.steps().steps()).isEqualTo(Math.ceilDiv(4000, 512));
  }

  private static EngineSimulation engine(String strategy, SchedulerLimits limits) {
    SimulatedDevice device =
        SimulatedDeviceProvider.openSimulated(
            new DeviceSpec(
                "sim:cpu-110m,context=8192",
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                16,
                limits.stepTokens()));
    return new EngineSimulation(
        List.of(device),
        QueueBounds.none(),
        limits,
        new PolicySnapshot(1, strategy, DrafterKind.MODEL, 8, Verifier.COUPLED));
  }

  private static InferenceRequest request(String id, int prompt, int output, long arrivalNanos) {
    int[] tokens = new int[prompt];
    Arrays.setAll(tokens, i -> (i * 31 + id.hashCode()) & 127);
    return InferenceRequest.builder(id, TokenIds.of(tokens), output, arrivalNanos).build();
  }
}
