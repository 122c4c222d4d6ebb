/**
 * The CPU device: {@link io.adaspec.runtime.model.Transformer} behind the device interfaces. Main
 * type: {@link CpuDeviceProvider}. Found by {@link java.util.ServiceLoader}; imported by nobody.
 */
@NullMarked
package io.adaspec.runtime.device.cpu;

import org.jspecify.annotations.NullMarked;
