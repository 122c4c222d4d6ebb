package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.JointDistribution;
import io.adaspec.runtime.device.StepRunner;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Sampled texts behind the scheduler follow the target's joint distribution (chi-square) under
 * every strategy, which learns as it goes, with batch mates that come and go.
 */
class SampledTextsTest {
  private static final int REQUESTS = 3_000;
  private static final int OUTPUT = 5;
  private static final List<String> STRATEGIES =
      List.of(
          "off",
          "fixed:3",
          "threshold:0.6",
          "smartspec",
          "smartspec:upstream",
          "adaspec-drafter",
          "adaspec-literal",
          "adaspec",
          "slo");

  @ParameterizedTest
  @CsvSource({
    "off, COUPLED",
    "fixed:3, COUPLED",
    "threshold:0.6, COUPLED",
    "smartspec, COUPLED",
    "smartspec:upstream, COUPLED",
    "adaspec-drafter, COUPLED",
    "adaspec-literal, COUPLED",
    "adaspec, COUPLED",
    "slo, COUPLED",
    "fixed:3, REJECTION",
    "smartspec, REJECTION",
    "smartspec:upstream, REJECTION"
  })
  void followTheTargetUnderEveryStrategy(String strategy, Verifier verifier) {
    PolicySnapshot policy = new PolicySnapshot(1, strategy, DrafterKind.MODEL, 4, verifier);

    PairBench.Outcome outcome = run(step -> policy);

    assertThat(outcome.accepted() > REQUESTS / 8).isEqualTo(!strategy.equals("off"));
  }

  @Test
  void followTheTargetWhileStrategiesAndDraftersChangeInMidRequest() {
    SplittableRandom random = new SplittableRandom(6);

    PairBench.Outcome outcome =
        run(
            step ->
                new PolicySnapshot(
                    step,
                    STRATEGIES.get(random.nextInt(STRATEGIES.size())),
                    step % 3 == 0 ? DrafterKind.NGRAM : DrafterKind.MODEL,
                    4,
                    Verifier.COUPLED));

    assertThat(outcome.accepted()).isGreaterThan(REQUESTS / 8);
  }

  private static PairBench.Outcome run(IntFunction<PolicySnapshot> policyOfStep) {
    SamplingParams params = new SamplingParams(1.1f, 5, 0.95f, 0.02f, 0);
    List<InferenceRequest> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      SamplingParams seeded =
          new SamplingParams(
              params.temperature(), params.topK(), params.topP(), params.minP(), i * 77L);
      requests.add(
          InferenceRequest.builder("r" + i, TokenIds.of(JointDistribution.prompt()), OUTPUT, i)
              .sampling(seeded)
              .build());
    }
    PairBench.Outcome outcome;
    try (PairBench bench = new PairBench(new ToyDevice())) {
      outcome = bench.run(PairBench.Way.of(policyOfStep, 48), requests);
    }
    int[] counts = new int[JointDistribution.CELLS];
    outcome.outputs.values().forEach(output -> counts[JointDistribution.cell(output)]++);
    assertThat(outcome.outputs).hasSize(REQUESTS);
    JointDistribution.assertFollows(counts, JointDistribution.of(params));
    return outcome;
  }

  /** The toy pair as a device. */
  private static final class ToyDevice implements Device {
    private final StepRunner steps =
        new StepRunner(
            JointDistribution.target(), Optional.of(JointDistribution.draft()), NanoClock.system());

    @Override
    public DeviceInfo info() {
      return new DeviceInfo("toy", "", JointDistribution.VOCABULARY, 64, 64, 4, 48, 48, 64);
    }

    @Override
    public StepResult execute(StepPlan plan) {
      return steps.execute(plan);
    }

    @Override
    public void close() {}
  }
}
