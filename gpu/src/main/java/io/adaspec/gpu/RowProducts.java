package io.adaspec.gpu;

/** Products of some rows of a pass with the matrices of a stack. */
interface RowProducts {
  /** Queues {@code out[r] = stack · x[r]} for the rows that it stands for. */
  void launch(DeviceModel.Stack stack, DeviceBuffer x, DeviceBuffer out);
}
