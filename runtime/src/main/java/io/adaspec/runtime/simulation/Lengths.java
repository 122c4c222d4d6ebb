package io.adaspec.runtime.simulation;

import java.util.List;

/**
 * How long prompts and outputs are: a mix of kinds of request, each log-normal in both.
 *
 * @param kinds drawn with equal probability
 */
public record Lengths(List<Kind> kinds) {
  /** Benchmarks drop longer ones. */
  private static final int MOST_PROMPT = 1024;

  private static final int MOST_OUTPUT = 1024;
  private static final int LEAST = 4;

  /**
   * Spec-Bench's six tasks. Prompts: words of the published questions (mean and deviation), 1.35
   * tokens each, and 40 tokens of chat template. Outputs: typical answers of Vicuna-7B to such
   * tasks; the published evaluation does not state its own.
   */
  public static final Lengths SPEC_BENCH =
      new Lengths(
          List.of(
              new Kind(106, 0.6, MOST_PROMPT, 300, 0.6, MOST_OUTPUT), // MT-bench
              new Kind(74, 0.2, MOST_PROMPT, 40, 0.5, MOST_OUTPUT), // translation
              new Kind(811, 0.35, MOST_PROMPT, 110, 0.4, MOST_OUTPUT), // summarisation
              new Kind(52, 0.1, MOST_PROMPT, 130, 0.7, MOST_OUTPUT), // question answering
              new Kind(101, 0.25, MOST_PROMPT, 140, 0.5, MOST_OUTPUT), // mathematics
              new Kind(727, 0.05, MOST_PROMPT, 120, 0.6, MOST_OUTPUT))); // retrieval

  /**
   * One kind of request.
   *
   * @param promptMean tokens
   * @param promptCv coefficient of variation; 0 for always the mean
   * @param promptMost longest
   * @param outputMean tokens
   * @param outputCv coefficient of variation
   * @param outputMost longest
   */
  public record Kind(
      double promptMean,
      double promptCv,
      int promptMost,
      double outputMean,
      double outputCv,
      int outputMost) {
    public Kind {
      if (!(promptMean >= 1) || !(outputMean >= 1) || !(promptCv >= 0) || !(outputCv >= 0)) {
        throw new IllegalArgumentException(
            "lengths must be at least 1 and variations not negative: prompt "
                + promptMean
                + " ("
                + promptCv
                + "), output "
                + outputMean
                + " ("
                + outputCv
                + ")");
      }
    }

    int prompt(Draws draws) {
      return length(promptMean, promptCv, promptMost, draws);
    }

    int output(Draws draws) {
      return length(outputMean, outputCv, outputMost, draws);
    }

    private static int length(double mean, double cv, int most, Draws draws) {
      return Math.clamp(Math.round(draws.logNormal(mean, cv)), Math.min(LEAST, most), most);
    }
  }

  public Lengths {
    kinds = List.copyOf(kinds);
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("lengths need at least one kind of request");
    }
  }

  double meanPrompt() {
    return kinds.stream().mapToDouble(Kind::promptMean).average().orElseThrow();
  }

  double meanOutput() {
    return kinds.stream().mapToDouble(Kind::outputMean).average().orElseThrow();
  }
}
