package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.speculation.CostModel;
import java.util.List;

/**
 * What a model pair costs on a machine, as a roofline: a pass reads all weights once and the
 * key/value positions of its rows, or is bound by arithmetic, whichever takes longer:
 *
 * <pre>
 *   pass(rows, reads) = overhead + max(weightBytes / bandwidth, rows · flopsPerToken / flops)
 *                                + reads · kvBytesPerToken / bandwidth
 * </pre>
 *
 * @param name as in {@code sim:NAME}
 * @param target the model that decides
 * @param draft the model that proposes
 * @param bytesPerSecond memory bandwidth that is really reached
 * @param flopsPerSecond arithmetic that is really reached
 * @param passOverheadNanos every pass
 * @param sequenceOverheadNanos every sequence of a step: sampling, acceptance
 * @param kvBytes memory for KV of both models
 * @param vocabularySize of both models
 * @param contextTokens longest sequence of both models
 */
public record SimulatedProfile(
    String name,
    ModelCost target,
    ModelCost draft,
    double bytesPerSecond,
    double flopsPerSecond,
    double passOverheadNanos,
    double sequenceOverheadNanos,
    long kvBytes,
    int vocabularySize,
    int contextTokens)
    implements CostModel {

  /**
   * One model.
   *
   * @param weightBytes read by every pass
   * @param flopsPerToken arithmetic of one row
   * @param kvBytesPerToken keys and values of one position
   */
  public record ModelCost(double weightBytes, double flopsPerToken, double kvBytesPerToken) {}

  /** Small sizes and short steps, for tests: a step takes about a millisecond. */
  public static final SimulatedProfile TINY =
      new SimulatedProfile(
          "tiny",
          new ModelCost(1e7, 2e7, 1024),
          new ModelCost(1e6, 2e6, 256),
          1e10,
          4e11,
          20_000,
          1_000,
          1280L * 4096,
          256,
          1024);

  /** Vicuna 7B with a 68 M draft, FP16, on an A100 80 GB (the published AdaSpec's first pair). */
  public static final SimulatedProfile A100_VICUNA_7B =
      new SimulatedProfile(
          "a100-vicuna-7b",
          new ModelCost(13.5e9, 13.5e9, 524_288),
          new ModelCost(0.136e9, 0.136e9, 6_144),
          1.5e12,
          1.6e14,
          250_000,
          8_000,
          40_000_000_000L,
          32_000,
          4096);

  /** A 110 M model in 8 bits with a two-layer draft on a server processor, two threads. */
  public static final SimulatedProfile CPU_110M =
      new SimulatedProfile(
          "cpu-110m",
          new ModelCost(0.117e9, 0.22e9, 36_864),
          new ModelCost(0.039e9, 0.07e9, 6_144),
          2.6e10,
          1.8e11,
          30_000,
          20_000,
          1_000_000_000L,
          32_000,
          2048);

  /** All profiles, by name, for {@code sim:NAME}. */
  static final List<SimulatedProfile> ALL = List.of(TINY, A100_VICUNA_7B, CPU_110M);

  @Override
  public double targetPassNanos(int rows, long contextTokens) {
    return passNanos(target, rows, contextTokens);
  }

  @Override
  public double draftPassNanos(int rows, long contextTokens) {
    return passNanos(draft, rows, contextTokens);
  }

  @Override
  public double overheadNanos(int sequences) {
    return sequences * sequenceOverheadNanos;
  }

  private double passNanos(ModelCost model, int rows, long contextReads) {
    if (rows == 0) {
      return 0;
    }
    double weights =
        Math.max(
            model.weightBytes() / bytesPerSecond, rows * model.flopsPerToken() / flopsPerSecond);
    double context = contextReads * model.kvBytesPerToken() / bytesPerSecond;
    return passOverheadNanos + 1e9 * (weights + context);
  }
}
