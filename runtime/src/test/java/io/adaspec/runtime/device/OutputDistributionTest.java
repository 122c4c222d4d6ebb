package io.adaspec.runtime.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.device.StepHarness.Sequence;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.RejectionSampler;
import io.adaspec.runtime.sampling.TokenSampler;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes out follows the target's transformed distribution, whatever was drafted. */
class OutputDistributionTest {
  private static final int SEEDS = 5_000;

  static Stream<Arguments> ways() {
    SpeculationStrategy model = Strategies.parse("fixed:3");
    SpeculationStrategy ngram = Strategies.parse("fixed:3", DrafterKind.NGRAM, 8);
    SpeculationStrategy ragged = new RaggedByConfidence(0.2f, 0.4f, DrafterKind.MODEL);
    SamplingParams plain = SamplingParams.of(0.9f, 0);
    SamplingParams truncated = new SamplingParams(1.2f, 5, 0.9f, 0.05f, 0);
    SamplingParams penalised =
        SamplingParams.of(0.9f, 0).with(new Penalties(1.3f, 0.8f, 0.4f, Map.of(2, 0.5f)));
    return Stream.of(
        Arguments.of(model, Verifier.COUPLED, penalised),
        Arguments.of(model, Verifier.REJECTION, penalised),
        Arguments.of(ngram, Verifier.REJECTION, penalised),
        Arguments.of(Strategies.parse("off"), Verifier.COUPLED, plain),
        Arguments.of(model, Verifier.COUPLED, plain),
        Arguments.of(model, Verifier.COUPLED, truncated),
        Arguments.of(ngram, Verifier.COUPLED, plain),
        Arguments.of(ragged, Verifier.COUPLED, plain),
        Arguments.of(model, Verifier.REJECTION, plain),
        Arguments.of(model, Verifier.REJECTION, truncated),
        Arguments.of(ngram, Verifier.REJECTION, plain));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void threeTokensFollowTheTargetsJointDistribution(
      SpeculationStrategy strategy, Verifier verifier, SamplingParams params) {
    int[] counts = new int[JointDistribution.CELLS];
    int accepted = 0;
    StepHarness harness =
        new StepHarness(JointDistribution.target(), Optional.of(JointDistribution.draft()), 1)
            .verifier(verifier);
    for (int seed = 0; seed < SEEDS; seed++) {
      SamplingParams seeded =
          new SamplingParams(
              params.temperature(),
              params.topK(),
              params.topP(),
              params.minP(),
              seed * 77L,
              params.penalties());
      Sequence sequence = harness.add(JointDistribution.prompt(), 5, seeded);
      harness.finish(strategy, 512);
      counts[JointDistribution.cell(sequence.output())]++;
      accepted += sequence.accepted;
      harness.preempt(sequence);
      harness.sequences.clear();
    }
    assertThat(accepted > SEEDS / 4).isEqualTo(!strategy.spec().equals("off"));
    JointDistribution.assertFollows(counts, JointDistribution.of(params));
  }

  @Test
  void selectionByConfidenceBiasesRejectionSamplingAndNotCoupledSampling() {
    float[] draft = {0.9f, 0.1f};
    float[] target = {0.5f, 0.5f};

    double rejection =
        shareOfTokenZero(
            seed -> {
              int proposed = choose(draft, seed);
              if (proposed != 0) {
                return choose(target, ~seed);
              }
              return RejectionSampler.accepts(proposed, draft, target, seed, 0)
                  ? proposed
                  : RejectionSampler.recover(proposed, draft, target, seed, 0);
            });
    double coupled =
        shareOfTokenZero(
            seed -> {
              int proposed = choose(draft, seed);
              int chosen = choose(target, seed);
              return proposed == 0 && proposed == chosen ? proposed : chosen;
            });

    assertThat(rejection).as("0.9 · 5/9 + 0.1 · 0.5").isCloseTo(0.55, within(0.005));
    assertThat(coupled).isCloseTo(0.5, within(0.005));
  }

  @Test
  void rejectionSamplingFollowsTheTargetForRandomPairsOfDistributions() {
    SplittableRandom random = new SplittableRandom(4);
    for (int round = 0; round < 20; round++) {
      float[] proposal = randomDistribution(random);
      float[] target = randomDistribution(random);
      boolean oneHot = round % 4 == 3;
      int[] counts = new int[JointDistribution.VOCABULARY];
      for (int seed = 0; seed < 50_000; seed++) {
        int proposed = oneHot ? 2 : choose(proposal, seed);
        float[] p = oneHot ? new float[0] : proposal;
        counts[
            RejectionSampler.accepts(proposed, p, target, seed, 9)
                ? proposed
                : RejectionSampler.recover(proposed, p, target, seed, 9)]++;
      }
      double[] expected = new double[JointDistribution.VOCABULARY];
      for (int i = 0; i < JointDistribution.VOCABULARY; i++) {
        expected[i] = target[i];
      }
      JointDistribution.assertFollows(counts, expected);
    }
  }

  private static int choose(float[] distribution, long seed) {
    float[] logits = new float[distribution.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log(distribution[i]);
    }
    return new TokenSampler(logits.length).sample(logits, 0, SamplingParams.of(1, seed), 9, false);
  }

  private static double shareOfTokenZero(LongUnaryOperator sample) {
    int zeros = 0;
    int n = 200_000;
    for (long seed = 0; seed < n; seed++) {
      zeros += sample.applyAsLong(seed) == 0 ? 1 : 0;
    }
    return (double) zeros / n;
  }

  private static float[] randomDistribution(SplittableRandom random) {
    float[] out = new float[JointDistribution.VOCABULARY];
    float sum = 0;
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) Math.exp(1.5 * random.nextGaussian());
      sum += out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return out;
  }
}
