/**
 * NVIDIA's cuBLASLt, where a machine has it, through {@code java.lang.foreign}: found, bound and
 * asked for products. Knows nothing of JCuda; addresses and streams are numbers. Main type: {@link
 * io.adaspec.gpu.cublas.CublasLt}; imported by {@code io.adaspec.gpu} alone.
 */
@NullMarked
package io.adaspec.gpu.cublas;

import org.jspecify.annotations.NullMarked;
