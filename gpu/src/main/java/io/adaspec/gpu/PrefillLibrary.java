package io.adaspec.gpu;

import io.adaspec.gpu.cublas.CublasLtLibrary;
import io.adaspec.gpu.cublas.CublasLtLibrary.Found;
import io.adaspec.runtime.device.DeviceSpec;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The library that a GPU will leave prefill to, found before memory is planned.
 *
 * @param device the GPU's name
 * @param library what was found
 * @param minRows rows of a stretch of prefill from which it is used
 * @param expandedBytes the largest matrix as the library takes it
 */
record PrefillLibrary(String device, CublasLtLibrary library, int minRows, long expandedBytes) {
  private static final Logger LOG = LoggerFactory.getLogger(PrefillLibrary.class);

  /** What NVIDIA advises for GPUs from Hopper on; others need less. */
  static final long WORKSPACE_BYTES = 32L << 20;

  /**
   * The library, if fast prefill is asked for; where it cannot be had a line in the log says why,
   * and our own kernels compute prefill.
   */
  static Optional<PrefillLibrary> find(DeviceSpec spec, ModelPlan target, DeviceHealth health) {
    if (!spec.fastPrefill().enabled()) {
      return Optional.empty();
    }
    if (!health.trustsLibrary()) {
      return none(spec, "cuBLASLt failed on this GPU before", "start again to try it anew");
    }
    if (target.mostExpandedBytes() == 0) {
      return none(
          spec,
          "the weights of model " + target.config().name() + " are F32",
          "take a BF16, F16, Q8_0 or Q4_0 file of it");
    }
    return switch (CublasLtLibrary.find(spec.fastPrefill().library())) {
      case Found.Nothing(String reason, String remedy) -> none(spec, reason, remedy);
      case Found.Library(CublasLtLibrary library) ->
          Optional.of(
              new PrefillLibrary(
                  spec.name(), library, spec.fastPrefill().minRows(), target.mostExpandedBytes()));
    };
  }

  private static Optional<PrefillLibrary> none(DeviceSpec spec, String reason, String remedy) {
    LOG.warn("{}: no fast prefill, our kernels compute it: {}; {}", spec.name(), reason, remedy);
    return Optional.empty();
  }

  /** GPU memory that it takes. */
  long bytes() {
    return expandedBytes + WORKSPACE_BYTES;
  }

  /** For people. */
  String description() {
    return "prefill from " + minRows + " rows on by " + library.description() + ": not bit-exact";
  }
}
