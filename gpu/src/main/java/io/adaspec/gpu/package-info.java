/**
 * NVIDIA GPUs as devices, through the driver API of JCuda and kernels of our own. Main type: {@link
 * io.adaspec.gpu.CudaDeviceProvider}, found by {@link java.util.ServiceLoader}; imported by nobody.
 */
@NullMarked
package io.adaspec.gpu;

import org.jspecify.annotations.NullMarked;
