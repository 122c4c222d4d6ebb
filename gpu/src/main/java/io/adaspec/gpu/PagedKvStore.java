package io.adaspec.gpu;

import io.adaspec.runtime.kvcache.KvGeometry;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of one model in GPU memory: per layer {@code [block][kvHead]}, of each first the
 * keys [blockTokens][headSize], then the values likewise. Content is undefined until written; no
 * kernel reads a position before it was written.
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

  static PagedKvStore allocate(KvGeometry geometry, int blocks, DeviceArena arena) {
    List<DeviceBuffer> layers = new ArrayList<>();
    long perLayer = Math.multiplyExact(geometry.bytesPerBlock() / geometry.layers(), blocks);
    for (int i = 0; i < geometry.layers(); i++) {
      layers.add(arena.allocate(perLayer, "keys and values"));
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
