package io.adaspec.gpu;

import io.adaspec.runtime.kvcache.KvGeometry.ElementType;

/** The numbers and names that kernels know element types by. */
final class ElementCodes {
  private ElementCodes() {}

  static int code(ElementType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case BF16 -> 2;
    };
  }

  static String kernelName(ElementType type) {
    return switch (type) {
      case F32 -> "f32";
      case F16 -> "f16";
      case BF16 -> "bf16";
    };
  }
}
