package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.speculation.CostModel;
import java.util.List;

/**
 * What a model pair costs on a machine, as a roofline with a soft knee: a pass reads all weights
 * once, or is bound by arithmetic, and reads the key/value positions of its rows:
 *
 * <pre>
 *   pass(rows, reads) = fixed + (weights⁴ + (rows · row)⁴)^(1/4) + reads · read
 * </pre>
 *
 * <p>The fourth power makes the way from memory-bound to compute-bound as gradual as measured
 * matrix products are: at half the rows of the knee 2 % above the weights, at the knee 19 %. {@link
 * ModelCost} says where the four times come from; {@link SimulatedProfiles} has the machines.
 *
 * @param name as in {@code sim:NAME}
 * @param target the model that decides
 * @param draft the model that proposes
 * @param sequenceOverheadNanos every sequence of a step: planning, sampling, acceptance
 * @param kvBytes memory for KV of both models
 * @param vocabularySize of both models
 * @param contextTokens longest sequence of both models
 * @param acceptance how good the draft model is, unless the settings say otherwise
 */
public record SimulatedProfile(
    String name,
    ModelCost target,
    ModelCost draft,
    double sequenceOverheadNanos,
    long kvBytes,
    int vocabularySize,
    int contextTokens,
    DraftQuality acceptance)
    implements CostModel {

  /**
   * One model on its part of the machine, all times in nanoseconds.
   *
   * @param fixedNanos every pass: launches, and the exchange between the cards of a group
   * @param weightNanos reading all weights: bytes ÷ bandwidth
   * @param rowNanos arithmetic of one row: 2 · parameters ÷ operations per second
   * @param readNanos one key/value position: its bytes ÷ bandwidth
   * @param kvBytesPerToken keys and values of one position over all layers
   */
  public record ModelCost(
      double fixedNanos,
      double weightNanos,
      double rowNanos,
      double readNanos,
      double kvBytesPerToken) {
    double passNanos(int rows, long reads) {
      if (rows == 0) {
        return 0;
      }
      double ratio = rows * rowNanos / weightNanos;
      double square = ratio * ratio;
      double knee = Math.sqrt(Math.sqrt(1 + square * square));
      return fixedNanos + weightNanos * knee + reads * readNanos;
    }
  }

  /** All profiles, for {@code sim:NAME}. */
  public static List<SimulatedProfile> all() {
    return SimulatedProfiles.ALL;
  }

  /**
   * The profile of that name.
   *
   * @throws IllegalArgumentException naming the known ones
   */
  public static SimulatedProfile named(String name) {
    for (SimulatedProfile profile : SimulatedProfiles.ALL) {
      if (profile.name().equals(name)) {
        return profile;
      }
    }
    throw new IllegalArgumentException(
        "simulated device: no profile or flag '"
            + name
            + "'; profiles: "
            + SimulatedProfiles.ALL.stream().map(SimulatedProfile::name).toList()
            + ", flags: realtime, audit, unshared");
  }

  @Override
  public double targetPassNanos(int rows, long contextTokens) {
    return target.passNanos(rows, contextTokens);
  }

  @Override
  public double draftPassNanos(int rows, long contextTokens) {
    return draft.passNanos(rows, contextTokens);
  }

  @Override
  public double overheadNanos(int sequences) {
    return sequences * sequenceOverheadNanos;
  }
}
