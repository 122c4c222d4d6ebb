package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.kvcache.KvGeometry;
import java.util.Objects;
import jcuda.driver.JCudaDriver;

/**
 * Keys and values of one model in GPU memory: {@code [block][layer][kvHead]}, of each first the
 * keys [blockTokens][headSize], then the values likewise. A block is one stretch over all layers,
 * so that its memory can serve another model. Zeroed when allocated, as on the CPU: a warm-up may
 * read positions that nobody wrote.
 *
 * <p>Kernels see one layer: they get its address in the first block, and block numbers in units of
 * a layer's part of a block, that is times {@link #unitsPerBlock}.
 *
 * @param blocks block numbers are below this
 * @param memory that the blocks lie in; not owned
 * @param offset where the first of them begins, in bytes
 */
record PagedKvStore(KvGeometry geometry, int blocks, DeviceBuffer memory, long offset) {
  PagedKvStore {
    Objects.checkFromIndexSize(
        offset, Math.multiplyExact(geometry.bytesPerBlock(), blocks), memory.bytes());
    Math.multiplyExact(blocks, geometry.layers());
  }

  /**
   * Allocates memory that begins with these blocks.
   *
   * @param bytes of the memory, which may go on behind them
   */
  static PagedKvStore allocate(
      KvGeometry geometry, int blocks, long bytes, DeviceArena arena, CudaContext context) {
    DeviceBuffer memory = arena.allocate(bytes, "keys and values");
    check(
        JCudaDriver.cuMemsetD8Async(memory.pointer(), (byte) 0, bytes, context.stream()),
        "cuMemsetD8Async");
    return new PagedKvStore(geometry, blocks, memory, 0);
  }

  /** Where a layer of the first block begins in the memory, in bytes. */
  long layerAt(int layer) {
    return offset + geometry.bytesPerBlock() / geometry.layers() * layer;
  }

  /** Parts of the size of a layer in a block. */
  int unitsPerBlock() {
    return geometry.layers();
  }
}
