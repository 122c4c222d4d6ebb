package io.adaspec.runtime.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.HashModelRunner;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.DensePenalties;
import io.adaspec.runtime.sampling.TokenSampler;
import java.util.List;

/** Which three tokens a toy model gives after a prompt, and how often they should come. */
public final class JointDistribution {
  public static final int VOCABULARY = 6;

  /** Different outcomes. */
  public static final int CELLS = VOCABULARY * VOCABULARY * VOCABULARY;

  private JointDistribution() {}

  /** The prompt. */
  public static int[] prompt() {
    return new int[] {1, 2, 3, 1, 2};
  }

  /** The target. */
  public static HashModelRunner target() {
    return model(7);
  }

  /** A draft model that often agrees. */
  public static HashModelRunner draft() {
    return model(8);
  }

  private static HashModelRunner model(long salt) {
    return new HashModelRunner(VOCABULARY, 4, 48, 64, salt, 0.6);
  }

  /** Number of an outcome, by the first three output tokens. */
  public static int cell(List<Integer> output) {
    return (output.get(0) * VOCABULARY + output.get(1)) * VOCABULARY + output.get(2);
  }

  /** Fails unless counts are as likely as a normal number below 3.9. */
  public static void assertFollows(int[] counts, double[] expected) {
    long n = 0;
    for (int count : counts) {
      n += count;
    }
    double chiSquare = 0;
    int cells = 0;
    double restExpected = 0;
    long restCount = 0;
    for (int i = 0; i < counts.length; i++) {
      if (expected[i] * n < 8) {
        restExpected += expected[i] * n;
        restCount += counts[i];
        assertThat(expected[i] == 0 && counts[i] > 0).as("cell %s is impossible", i).isFalse();
      } else {
        chiSquare += square(counts[i] - expected[i] * n) / (expected[i] * n);
        cells++;
      }
    }
    if (restExpected > 8) {
      chiSquare += square(restCount - restExpected) / restExpected;
      cells++;
    }
    int degrees = cells - 1;
    double z = Math.cbrt(chiSquare / degrees) - (1 - 2.0 / (9 * degrees));
    assertThat(z / Math.sqrt(2.0 / (9 * degrees)))
        .as("chi-square %s with %s degrees of freedom, as standard normal", chiSquare, degrees)
        .isLessThan(3.9);
  }

  /** Of the three tokens after the prompt, by asking the target for each conditional. */
  public static double[] of(SamplingParams params) {
    double[] joint = new double[VOCABULARY * VOCABULARY * VOCABULARY];
    float[] first = conditional(params);
    for (int a = 0; a < VOCABULARY; a++) {
      float[] second = conditional(params, a);
      for (int b = 0; b < VOCABULARY; b++) {
        float[] third = conditional(params, a, b);
        for (int c = 0; c < VOCABULARY; c++) {
          joint[(a * VOCABULARY + b) * VOCABULARY + c] = (double) first[a] * second[b] * third[c];
        }
      }
    }
    return joint;
  }

  private static float[] conditional(SamplingParams params, int... after) {
    HashModelRunner target = target();
    ForwardBatch batch = new ForwardBatch();
    batch.clear();
    batch.addSequence(new int[] {0, 1, 2});
    int[] prompt = prompt();
    int size = prompt.length + after.length;
    for (int p = 0; p < size; p++) {
      int token = p < prompt.length ? prompt[p] : after[p - prompt.length];
      batch.addRow(token, p, p == size - 1);
    }
    target.forward(batch);
    float[] out = new float[VOCABULARY];
    target.logits(0, out);
    float[] logits = DensePenalties.changed(out, params.penalties(), prompt, after);
    new TokenSampler(VOCABULARY).distribution(logits, 0, params, out);
    return out;
  }

  private static double square(double x) {
    return x * x;
  }
}
