package io.adaspec.runtime.device;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether a GPU may leave products of prefill to its vendor's library, which is faster and not
 * bit-exact: the keys and values of a prompt then depend on what it was computed with, and so may a
 * text. Decoding, verifying and drafting never use it. Devices that are no GPU know nothing of it.
 *
 * @param enabled off unless asked for
 * @param library file of the library; empty looks in the usual places
 * @param minRows rows of prefill side by side, in one step, from which it is used
 */
public record FastPrefill(boolean enabled, Optional<Path> library, int minRows) {
  /** Below it, expanding the weights for the library costs more than it gains (an estimate). */
  public static final int DEFAULT_MIN_ROWS = 256;

  public FastPrefill {
    if (minRows < 1) {
      throw new IllegalArgumentException(
          "adaspec.devices.fast-prefill.min-rows must be positive, not " + minRows);
    }
  }

  /** Our kernels alone. */
  public static FastPrefill off() {
    return new FastPrefill(false, Optional.empty(), DEFAULT_MIN_ROWS);
  }

  /** The same, used or not. */
  public FastPrefill enabled(boolean value) {
    return new FastPrefill(value, library, minRows);
  }
}
