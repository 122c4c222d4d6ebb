package io.adaspec.runtime.sampling;

import io.adaspec.runtime.request.SamplingParams;
import java.util.Arrays;

/**
 * Chooses a token from one row of logits, as a function of (logits, parameters, seed, position)
 * alone.
 *
 * <p>Transforms, in this order: {@code z = (logit − max) / temperature}, top-k, top-p over what
 * top-k kept, min-p. Equal logits rank by token id, lowest first. Then the Gumbel-max sample {@code
 * argmax z_i − ln(−ln u_i)}, computed as the exponential race {@code argmin E_i / exp(z_i)} with
 * {@code E_i = −ln(1 − v_i)} and {@code v_i} the {@link CounterRng} uniform of (seed, position,
 * token i). Draft and target draw the same {@code v_i}, so they choose the same token with high
 * probability when their distributions are close (coupled sampling). Since {@code E_i ≥ v_i}, the
 * logarithm is taken only for tokens with {@code v_i < best · exp(z_i)}: some tens of a large
 * vocabulary; and the exponential, unless a confidence is wanted, only where an upper bound of it
 * leaves that possible. Temperature 0 takes the largest logit, lowest id among equals.
 *
 * <p>Keeps scratch memory of the vocabulary's size; allocates nothing per call. Results are read by
 * accessors until the next call. Not thread-safe: one per worker.
 */
public final class TokenSampler {
  private final int vocabulary;
  private final Truncation truncation;
  private float max;
  private float second;
  private int maxToken;
  private float confidence;

  public TokenSampler(int vocabulary) {
    if (vocabulary <= 0) {
      throw new IllegalArgumentException("vocabulary must be positive, not " + vocabulary);
    }
    this.vocabulary = vocabulary;
    this.truncation = new Truncation(vocabulary);
  }

  /**
   * Chooses a token.
   *
   * @param logits [offset + vocabulary, at least] one row from {@code offset} on; not changed
   * @param position position of the token being chosen; keys the noise
   * @param needsConfidence whether {@link #confidence} will be read; costs one exponential per
   *     token
   * @return the token id
   * @throws InvalidLogitsException if a logit is NaN or infinite
   */
  public int sample(
      float[] logits, int offset, SamplingParams params, int position, boolean needsConfidence) {
    scan(logits, offset, position);
    if (params.isGreedy()) {
      confidence = needsConfidence ? confidenceOf(logits, offset, maxToken, 1) : Float.NaN;
      return maxToken;
    }
    double inverseTemperature = 1.0 / params.temperature();
    boolean truncated = truncates(params);
    if (truncated) {
      truncation.find(logits, offset, vocabulary, max, inverseTemperature, params);
    }
    long stream = CounterRng.stream(params.seed(), position, CounterRng.Purpose.TOKEN);
    int token =
        truncated
            ? raceOfKept(logits, offset, inverseTemperature, stream)
            : raceOfAll(logits, offset, inverseTemperature, stream);
    confidence =
        needsConfidence ? confidenceOf(logits, offset, token, inverseTemperature) : Float.NaN;
    return token;
  }

  /**
   * Softmax probability of the token chosen last, at its row's temperature (1 when greedy), before
   * truncation; NaN when it was not asked for.
   */
  public float confidence() {
    return confidence;
  }

  /** Largest minus second largest logit of the row sampled last, before any transform. */
  public float margin() {
    return vocabulary == 1 ? Float.MAX_VALUE : max - second;
  }

  /**
   * The distribution that {@link #sample} draws from: transformed and renormalised; one-hot when
   * greedy.
   *
   * @param out [vocabulary, at least] receives the probabilities
   * @throws InvalidLogitsException if a logit is NaN or infinite
   */
  public void distribution(float[] logits, int offset, SamplingParams params, float[] out) {
    scan(logits, offset, -1);
    if (params.isGreedy()) {
      Arrays.fill(out, 0, vocabulary, 0);
      out[maxToken] = 1;
      return;
    }
    double inverseTemperature = 1.0 / params.temperature();
    boolean truncated = truncates(params);
    if (truncated) {
      truncation.find(logits, offset, vocabulary, max, inverseTemperature, params);
    }
    double sum = 0;
    for (int token = 0; token < vocabulary; token++) {
      float logit = logits[offset + token];
      if (!truncated || truncation.keeps(logit, token)) {
        sum += NegativeExp.of(((double) logit - max) * inverseTemperature);
      }
    }
    for (int token = 0; token < vocabulary; token++) {
      float logit = logits[offset + token];
      boolean kept = !truncated || truncation.keeps(logit, token);
      out[token] =
          kept ? (float) (NegativeExp.of(((double) logit - max) * inverseTemperature) / sum) : 0;
    }
  }

  private static boolean truncates(SamplingParams params) {
    return params.topK() > 0 || params.topP() < 1 || params.minP() > 0;
  }

  /** Finds the two largest logits and refuses what is not finite. */
  private void scan(float[] logits, int offset, int position) {
    float best = Float.NEGATIVE_INFINITY;
    float next = Float.NEGATIVE_INFINITY;
    int bestToken = 0;
    boolean finite = true;
    for (int token = 0; token < vocabulary; token++) {
      float logit = logits[offset + token];
      finite &= Math.abs(logit) <= Float.MAX_VALUE;
      if (logit > next) {
        if (logit > best) {
          next = best;
          best = logit;
          bestToken = token;
        } else {
          next = logit;
        }
      }
    }
    if (!finite) {
      throw InvalidLogitsException.at(logits, offset, vocabulary, position);
    }
    max = best;
    second = next;
    maxToken = bestToken;
  }

  private int raceOfAll(float[] logits, int offset, double inverseTemperature, long stream) {
    double bestTime = Double.POSITIVE_INFINITY;
    int winner = maxToken;
    for (int token = 0; token < vocabulary; token++) {
      double z = ((double) logits[offset + token] - max) * inverseTemperature;
      double uniform = CounterRng.uniform(stream, token);
      if (uniform < bestTime * NegativeExp.atMost(z)) {
        double weight = NegativeExp.of(z);
        if (uniform < bestTime * weight) {
          double time = -StrictMath.log1p(-uniform) / weight;
          if (time < bestTime) {
            bestTime = time;
            winner = token;
          }
        }
      }
    }
    return winner;
  }

  private int raceOfKept(float[] logits, int offset, double inverseTemperature, long stream) {
    double bestTime = Double.POSITIVE_INFINITY;
    int winner = maxToken;
    for (int token = 0; token < vocabulary; token++) {
      float logit = logits[offset + token];
      if (truncation.keeps(logit, token)) {
        double weight = NegativeExp.of(((double) logit - max) * inverseTemperature);
        double uniform = CounterRng.uniform(stream, token);
        if (uniform < bestTime * weight) {
          double time = -StrictMath.log1p(-uniform) / weight;
          if (time < bestTime) {
            bestTime = time;
            winner = token;
          }
        }
      }
    }
    return winner;
  }

  private float confidenceOf(float[] logits, int offset, int token, double inverseTemperature) {
    double sum = 0;
    for (int i = 0; i < vocabulary; i++) {
      sum += NegativeExp.of(((double) logits[offset + i] - max) * inverseTemperature);
    }
    return (float)
        (NegativeExp.of(((double) logits[offset + token] - max) * inverseTemperature) / sum);
  }
}
