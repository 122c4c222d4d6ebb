package io.adaspec.gpu;

/**
 * A weight matrix in GPU memory.
 *
 * @param plan its shape and format
 * @param data weights in kernel order
 * @param scales scales of quantised formats; the data again for others, which no kernel reads
 */
record DeviceMatrix(MatrixPlan plan, DeviceBuffer data, DeviceBuffer scales) {}
