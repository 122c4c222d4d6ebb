package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.JCudaDriver;

/**
 * Owns GPU and pinned host memory that is freed together. Used by the thread of its context.
 *
 * <p>Closing never throws: when the context is lost its memory is gone with it.
 */
final class DeviceArena implements AutoCloseable {
  private final List<DeviceBuffer> buffers = new ArrayList<>();
  private final List<PinnedBuffer> pinned = new ArrayList<>();
  private long bytes;

  /**
   * Allocates GPU memory; its content is undefined.
   *
   * @param purpose named when it fails
   */
  DeviceBuffer allocate(long size, String purpose) {
    DeviceBuffer.Address address = new DeviceBuffer.Address();
    check(JCudaDriver.cuMemAlloc(address, size), "cuMemAlloc of " + size + " bytes for " + purpose);
    DeviceBuffer buffer = new DeviceBuffer(address, size);
    buffers.add(buffer);
    bytes += size;
    return buffer;
  }

  /** Allocates pinned host memory. */
  PinnedBuffer allocatePinned(long size, String purpose) {
    PinnedBuffer buffer = PinnedBuffer.allocate(size, purpose);
    pinned.add(buffer);
    return buffer;
  }

  /** GPU memory allocated. */
  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    buffers.forEach(buffer -> JCudaDriver.cuMemFree(buffer.pointer()));
    pinned.forEach(PinnedBuffer::free);
    buffers.clear();
    pinned.clear();
  }
}
