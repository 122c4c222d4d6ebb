package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.kvcache.KvGeometry;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.JCudaDriver;

/**
 * Keys and values of one model in GPU memory: per layer {@code [block][kvHead]}, of each first the
 * keys [blockTokens][headSize], then the values likewise. Zeroed when allocated, as on the CPU: a
 * warm-up may read positions that nobody wrote.
 */
final class PagedKvStore {
  private final KvGeometry geometry;
  private final int blocks;
  private final List<DeviceBuffer> layers;

  private PagedKvStore(KvGeometry geometry, int blocks, List<DeviceBuffer> layers) {
    this.geometry = geometry;
    this.blocks = blocks;
    this.layers = List.copyOf(layers);
  }

  static PagedKvStore allocate(
      KvGeometry geometry, int blocks, DeviceArena arena, CudaContext context) {
    List<DeviceBuffer> layers = new ArrayList<>();
    long perLayer = Math.multiplyExact(geometry.bytesPerBlock() / geometry.layers(), blocks);
    for (int i = 0; i < geometry.layers(); i++) {
      DeviceBuffer layer = arena.allocate(perLayer, "keys and values");
      check(
          JCudaDriver.cuMemsetD8Async(layer.pointer(), (byte) 0, layer.bytes(), context.stream()),
          "cuMemsetD8Async");
      layers.add(layer);
    }
    return new PagedKvStore(geometry, blocks, layers);
  }

  KvGeometry geometry() {
    return geometry;
  }

  int blocks() {
    return blocks;
  }

  DeviceBuffer layer(int layer) {
    return layers.get(layer);
  }
}
