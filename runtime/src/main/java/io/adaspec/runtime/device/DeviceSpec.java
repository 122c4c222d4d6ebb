package io.adaspec.runtime.device;

import io.adaspec.runtime.model.ModelWeights;
import java.util.Optional;

/**
 * What to open a device with. A draft model whose vocabulary is not the target's is refused.
 *
 * @param name scheme and argument, for example {@code cpu}, {@code cuda:1}, {@code
 *     sim:a100-vicuna-7b}
 * @param target the model that decides; empty only for simulated devices
 * @param draft the model that proposes
 * @param threads worker threads; 0 for as many as the machine has cores
 * @param kvBytes memory for target and draft KV together; 0 lets the device decide
 * @param blockTokens tokens per KV block
 * @param maxRows most rows of one target pass
 * @param fastPrefill whether GPUs may use a library that is not bit-exact
 */
public record DeviceSpec(
    String name,
    Optional<ModelWeights> target,
    Optional<ModelWeights> draft,
    int threads,
    long kvBytes,
    int blockTokens,
    int maxRows,
    FastPrefill fastPrefill) {
  /**
   * @throws io.adaspec.runtime.model.ForeignVocabularyException naming the first difference
   */
  public DeviceSpec {
    if (target.isPresent() && draft.isPresent()) {
      target.get().requireSameVocabulary(draft.get());
    }
    if (threads < 0 || kvBytes < 0 || Integer.bitCount(blockTokens) != 1 || maxRows <= 0) {
      throw new IllegalArgumentException(
          "device "
              + name
              + ": threads "
              + threads
              + " and KV bytes "
              + kvBytes
              + " must not be negative, block size "
              + blockTokens
              + " a power of two, rows "
              + maxRows
              + " positive");
    }
  }

  /** With our own, bit-exact kernels alone. */
  public DeviceSpec(
      String name,
      Optional<ModelWeights> target,
      Optional<ModelWeights> draft,
      int threads,
      long kvBytes,
      int blockTokens,
      int maxRows) {
    this(name, target, draft, threads, kvBytes, blockTokens, maxRows, FastPrefill.off());
  }

  /** The same with another way of prefill. */
  public DeviceSpec withFastPrefill(FastPrefill value) {
    return new DeviceSpec(name, target, draft, threads, kvBytes, blockTokens, maxRows, value);
  }

  /** The part before the colon. */
  public String scheme() {
    int colon = name.indexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }

  /** The part after the colon; empty when there is none. */
  public String argument() {
    int colon = name.indexOf(':');
    return colon < 0 ? "" : name.substring(colon + 1);
  }
}
