package io.adaspec.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.CounterRng.Purpose;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenSamplerTest {
  private static final float[] ROW = {0.5f, 2f, -1f, 2f, 1f, 0f, -3f, 1.5f};

  @Test
  void greedyTakesTheLargestLogitAndTheLowestIdAmongEquals() {
    TokenSampler sampler = new TokenSampler(ROW.length);

    assertThat(sampler.sample(ROW, 0, SamplingParams.greedy(), 5, true)).isEqualTo(1);
    assertThat(sampler.margin()).isZero();
    assertThat(sampler.confidence())
        .isCloseTo((float) reference(ROW, SamplingParams.of(1, 0))[1], within(1e-6f));
  }

  @Test
  void confidenceIsTheProbabilityBeforeTruncation() {
    TokenSampler sampler = new TokenSampler(ROW.length);
    double[] untruncated = reference(ROW, SamplingParams.of(0.7f, 0));
    for (int position = 0; position < 50; position++) {
      SamplingParams params = new SamplingParams(0.7f, 3, 0.9f, 0.05f, 11);
      int token = sampler.sample(ROW, 0, params, position, true);
      assertThat(sampler.confidence()).isCloseTo((float) untruncated[token], within(1e-6f));
      sampler.sample(ROW, 0, params, position, false);
      assertThat(sampler.confidence()).isNaN();
    }
  }

  @Test
  void distributionEqualsTheSortingOracleForRandomRowsAndParameters() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 400; round++) {
      int vocabulary = 1 + random.nextInt(300);
      float[] logits = randomLogits(random, vocabulary + 3);
      SamplingParams params = randomParams(random, vocabulary);
      float[] row = Arrays.copyOfRange(logits, 3, vocabulary + 3);
      float[] out = new float[vocabulary];
      new TokenSampler(vocabulary).distribution(logits, 3, params, out);
      double[] expected = reference(row, params);
      for (int token = 0; token < vocabulary; token++) {
        assertThat(out[token])
            .as("round %s, token %s, %s", round, token, params)
            .isCloseTo((float) expected[token], within(2e-6f));
      }
    }
  }

  @Test
  void sampleIsTheGumbelMaxOfTheKeptTokens() {
    SplittableRandom random = new SplittableRandom(8);
    TokenSampler sampler = new TokenSampler(200);
    float[] kept = new float[200];
    for (int round = 0; round < 2000; round++) {
      float[] logits = randomLogits(random, 200);
      SamplingParams params = randomParams(random, 200);
      sampler.distribution(logits, 0, params, kept);
      int expected = gumbelMax(kept, params, round);
      assertThat(sampler.sample(logits, 0, params, round, random.nextBoolean()))
          .as("round %s %s", round, params)
          .isEqualTo(expected);
    }
  }

  @Test
  void samplesFollowTheTransformedDistribution() {
    TokenSampler sampler = new TokenSampler(ROW.length);
    SamplingParams[] all = {
      SamplingParams.of(0.8f, 3), new SamplingParams(1.5f, 5, 0.95f, 0.02f, 4)
    };
    for (SamplingParams params : all) {
      double[] expected = reference(ROW, params);
      int n = 100_000;
      int[] counts = new int[ROW.length];
      for (int position = 0; position < n; position++) {
        counts[sampler.sample(ROW, 0, params, position, false)]++;
      }
      double chiSquare = 0;
      for (int token = 0; token < ROW.length; token++) {
        if (expected[token] == 0) {
          assertThat(counts[token]).isZero();
        } else {
          double difference = counts[token] - n * expected[token];
          chiSquare += difference * difference / (n * expected[token]);
        }
      }
      assertThat(chiSquare).as("7 degrees of freedom, 99.99 %").isLessThan(29.9);
    }
  }

  @Test
  void closeDistributionsChooseTheSameTokenNearlyAlways() {
    SplittableRandom random = new SplittableRandom(9);
    TokenSampler sampler = new TokenSampler(500);
    int same = 0;
    for (int position = 0; position < 1000; position++) {
      float[] target = randomLogits(random, 500);
      float[] draft = target.clone();
      for (int i = 0; i < draft.length; i++) {
        draft[i] += (float) (0.02 * random.nextDouble());
      }
      SamplingParams params = SamplingParams.of(0.8f, 21);
      int chosen = sampler.sample(target, 0, params, position, false);
      same += chosen == sampler.sample(draft, 0, params, position, false) ? 1 : 0;
    }
    assertThat(same).isGreaterThan(970);
  }

  @Test
  void refusesLogitsThatAreNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] logits = ROW.clone();
      logits[4] = bad;
      TokenSampler sampler = new TokenSampler(ROW.length);
      assertThatThrownBy(() -> sampler.sample(logits, 0, SamplingParams.greedy(), 9, false))
          .isInstanceOf(InvalidLogitsException.class)
          .hasMessageContaining("for position 9")
          .hasMessageContaining("token 4");
      assertThatThrownBy(
              () -> sampler.distribution(logits, 0, SamplingParams.of(1, 1), new float[8]))
          .isInstanceOf(InvalidLogitsException.class);
    }
  }

  @Test
  void extremeTemperaturesStayDefined() {
    TokenSampler sampler = new TokenSampler(3);
    float[] logits = {-3e38f, 3e38f, 1f};
    for (float temperature : new float[] {Float.MIN_VALUE, 1e-30f, 100}) {
      SamplingParams params = SamplingParams.of(temperature, 1);
      assertThat(sampler.sample(logits, 0, params, 0, true)).isEqualTo(1);
      assertThat(sampler.confidence()).isEqualTo(1f);
    }
  }

  @Test
  void theBoundOfAnExponentialIsNeverBelowIt() {
    for (double x = 0; x > -80; x -= 0.000137) {
      double exact = NegativeExp.of(x);
      double bound = NegativeExp.atMost(x);
      assertThat(bound).isGreaterThanOrEqualTo(exact);
      assertThat(x < NegativeExp.FLOOR || bound <= 1.062 * exact).isTrue();
    }
    for (int n = 0; n < 92; n++) {
      double x = -n * Math.log(2);
      for (int ulps = -3; ulps <= 3; ulps++) {
        double near = Math.min(0, x + ulps * Math.ulp(x));
        assertThat(NegativeExp.atMost(near)).isGreaterThanOrEqualTo(NegativeExp.of(near));
      }
    }
    for (double x : new double[] {-1e3, -1e30, -Double.MAX_VALUE}) {
      assertThat(NegativeExp.atMost(x)).isNotPositive();
    }
  }

  @Test
  void negativeExpIsCloseToTheLibrary() {
    for (double x = 0; x > -63; x -= 0.00137) {
      assertThat(NegativeExp.of(x) / Math.exp(x)).isCloseTo(1, within(1e-9));
    }
    assertThat(NegativeExp.of(0)).isEqualTo(1);
    assertThat(NegativeExp.of(-1e300)).isZero();
  }

  private static float[] randomLogits(SplittableRandom random, int size) {
    float[] logits = new float[size];
    double width = random.nextDouble(0.01, 20);
    boolean coarse = random.nextInt(3) == 0;
    for (int i = 0; i < size; i++) {
      double value = random.nextGaussian() * width;
      logits[i] = (float) (coarse ? Math.rint(value) : value);
    }
    return logits;
  }

  private static SamplingParams randomParams(SplittableRandom random, int vocabulary) {
    return new SamplingParams(
        (float) random.nextDouble(0.2, 2),
        random.nextBoolean() ? 0 : 1 + random.nextInt(vocabulary + 5),
        random.nextBoolean() ? 1 : (float) random.nextDouble(0.05, 1),
        random.nextBoolean() ? 0 : (float) random.nextDouble(0, 0.5),
        random.nextLong());
  }

  /** Sorts everything, in double precision. */
  private static double[] reference(float[] logits, SamplingParams params) {
    Integer[] order = new Integer[logits.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.<Integer>comparingDouble(i -> 0.0 - logits[i]));
    double[] weights = new double[logits.length];
    double top = logits[order[0]];
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp((logits[i] - top) / params.temperature());
    }
    int kept = params.topK() == 0 ? logits.length : Math.min(params.topK(), logits.length);
    double mass = 0;
    for (int rank = 0; rank < kept; rank++) {
      mass += weights[order[rank]];
    }
    if (params.topP() < 1) {
      double sum = 0;
      int rank = 0;
      while (rank < kept && sum < params.topP() * mass) {
        sum += weights[order[rank++]];
      }
      kept = rank;
    }
    double[] out = new double[logits.length];
    double total = 0;
    for (int rank = 0; rank < kept; rank++) {
      if (weights[order[rank]] >= params.minP() * (1 - 1e-12)) {
        out[order[rank]] = weights[order[rank]];
        total += weights[order[rank]];
      }
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= total;
    }
    return out;
  }

  private static int gumbelMax(float[] probabilities, SamplingParams params, int position) {
    long stream = CounterRng.stream(params.seed(), position, Purpose.TOKEN);
    int best = -1;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int token = 0; token < probabilities.length; token++) {
      double gumbel = -Math.log(-Math.log1p(-CounterRng.uniform(stream, token)));
      double score = Math.log(probabilities[token]) + gumbel;
      if (probabilities[token] > 0 && score > bestScore) {
        best = token;
        bestScore = score;
      }
    }
    return best;
  }
}
