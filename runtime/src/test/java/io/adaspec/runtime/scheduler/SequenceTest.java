package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SequenceTest {
  @Test
  void roomForOutputDoublesWhateverTheLimit() {
    Sequence sequence =
        new Sequence(
            InferenceRequest.builder("a", TokenIds.of(1, 2, 3, 4), Integer.MAX_VALUE, 0).build());
    sequence.append(new int[65], 65, 0);
    assertThat(sequence.tokens().length).isEqualTo(69);
    sequence.append(new int[1], 1, 0);
    assertThat(sequence.tokens().length).isEqualTo(138);
  }

  @Test
  void draftTokensThatNoVerifyPassLookedAtAreNotCounted() {
    PolicySnapshot ragged =
        new PolicySnapshot(1, "ragged:4", DrafterKind.MODEL, 4, Verifier.COUPLED);
    SchedulerTest.Bench bench =
        new SchedulerTest.Bench("sim:tiny,audit", ragged, SchedulerLimits.defaults());
    bench.submit("a", 40, 60);
    int drafted = 0;
    int verified = 0;
    List<TokenEmission> emissions = new ArrayList<>();
    for (Optional<StepPlan> plan = bench.scheduler.schedule(bench.now);
        plan.isPresent();
        plan = bench.scheduler.schedule(bench.now)) {
      StepResult result = bench.device.execute(plan.get());
      drafted += result.sequences().getFirst().drafted();
      verified += result.sequences().getFirst().verified();
      emissions.addAll(bench.scheduler.commit(result, bench.now).emissions());
    }
    assertThat(verified).isPositive().isLessThan(drafted);
    assertThat(emissions.getLast().statistics().draftedTokens()).isEqualTo(verified);
  }
}
