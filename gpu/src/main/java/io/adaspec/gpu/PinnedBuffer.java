package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Page-locked host memory: what the GPU copies from and to without the host waiting. */
final class PinnedBuffer {
  private final Pointer pointer;
  private final MemorySegment memory;

  private PinnedBuffer(Pointer pointer, MemorySegment memory) {
    this.pointer = pointer;
    this.memory = memory;
  }

  static PinnedBuffer allocate(long bytes, String purpose) {
    Pointer pointer = new Pointer();
    check(
        JCudaDriver.cuMemAllocHost(pointer, bytes),
        "cuMemAllocHost of " + bytes + " bytes for " + purpose);
    MemorySegment memory =
        MemorySegment.ofBuffer(pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()));
    return new PinnedBuffer(pointer, memory);
  }

  Pointer pointer() {
    return pointer;
  }

  /** The bytes; not to be touched after the arena is closed. */
  MemorySegment memory() {
    return memory;
  }

  void free() {
    JCudaDriver.cuMemFreeHost(pointer);
  }
}
