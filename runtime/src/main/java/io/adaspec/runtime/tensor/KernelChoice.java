package io.adaspec.runtime.tensor;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the kernels for this machine. */
final class KernelChoice {
  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);
  private static final String VECTOR_API = "jdk.incubator.vector";
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private KernelChoice() {}

  /** See {@link Kernels#best}. */
  static Kernels best() {
    if (ModuleLayer.boot().findModule(VECTOR_API).isEmpty()) {
      if (WARNED.compareAndSet(false, true)) {
        LOG.warn(
            "this JVM runs without the Vector API, so scalar kernels compute, many times slower;"
                + " start it with --add-modules={}",
            VECTOR_API);
      }
      return new ScalarKernels();
    }
    if (VectorKernels.supported()) {
      return new VectorKernels();
    }
    if (WARNED.compareAndSet(false, true)) {
      LOG.warn(
          "this JVM's vectors have {} bits and fast kernels need 256, so scalar ones compute, many"
              + " times slower; use a processor with AVX2 or SVE of 256 bits, and no option such as"
              + " -XX:MaxVectorSize or -XX:UseAVX that narrows vectors",
          VectorKernels.bits());
    }
    return new ScalarKernels();
  }
}
