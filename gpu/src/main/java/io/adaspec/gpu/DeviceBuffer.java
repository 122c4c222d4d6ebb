package io.adaspec.gpu;

import java.util.Objects;
import jcuda.driver.CUdeviceptr;

/** A stretch of GPU memory. Freed by the {@link DeviceArena} that allocated it. */
final class DeviceBuffer {
  private final Address address;
  private final long bytes;

  DeviceBuffer(Address address, long bytes) {
    this.address = address;
    this.bytes = bytes;
  }

  long bytes() {
    return bytes;
  }

  /** The pointer that driver calls take. */
  CUdeviceptr pointer() {
    return address;
  }

  /** The pointer to a byte inside. */
  CUdeviceptr pointer(long offset) {
    return address.withByteOffset(Objects.checkIndex(offset, bytes));
  }

  /** The address that kernels take. */
  long address() {
    return address.value();
  }

  /** The address of a byte inside. */
  long address(long offset) {
    return address.value() + Objects.checkIndex(offset, bytes);
  }

  /** A device pointer whose number can be read. */
  static final class Address extends CUdeviceptr {
    long value() {
      return getNativePointer();
    }
  }
}
