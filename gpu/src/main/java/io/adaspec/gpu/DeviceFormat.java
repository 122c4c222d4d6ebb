package io.adaspec.gpu;

import io.adaspec.runtime.kvcache.KvGeometry.ElementType;
import io.adaspec.runtime.tensor.WeightFormat;

/** How a weight matrix lies in GPU memory, and which activations its kernels multiply it with. */
enum DeviceFormat {
  F32(0, "f32", ElementType.F32, 0, 0),
  F16(1, "f16", ElementType.F16, 1024, 0),
  BF16(2, "bf16", ElementType.BF16, 1024, 0),
  Q8_0(3, "q8_0", ElementType.F16, 512, 32),
  Q4_0(4, "q4_0", ElementType.F16, 256, 32);

  /** Outputs and inputs of a tile. */
  static final int TILE_OUTPUTS = 16;

  static final int TILE_INPUTS = 32;

  private final int code;
  private final String kernelName;
  private final ElementType activations;
  private final int tileBytes;
  private final int tileScaleBytes;

  DeviceFormat(
      int code, String kernelName, ElementType activations, int tileBytes, int tileScaleBytes) {
    this.code = code;
    this.kernelName = kernelName;
    this.activations = activations;
    this.tileBytes = tileBytes;
    this.tileScaleBytes = tileScaleBytes;
  }

  static DeviceFormat of(WeightFormat format) {
    return switch (format) {
      case F32 -> F32;
      case F16 -> F16;
      case BF16 -> BF16;
      case Q8_0 -> Q8_0;
      case Q4_0 -> Q4_0;
    };
  }

  /** The number that kernels know it by. */
  int code() {
    return code;
  }

  /** Its part of kernel names. */
  String kernelName() {
    return kernelName;
  }

  /** Element type of the activations it is multiplied with. */
  ElementType activations() {
    return activations;
  }

  /** Bytes of a tile of 16 outputs by 32 inputs without scales; 0 for row-major F32. */
  int tileBytes() {
    return tileBytes;
  }

  /** Bytes of a tile's scales. */
  int tileScaleBytes() {
    return tileScaleBytes;
  }
}
