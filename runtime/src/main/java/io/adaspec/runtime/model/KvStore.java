package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Keys and values of one model in off-heap memory, block by block, as floats.
 *
 * <pre>
 * [block][layer][kvHead]  keys [headSize][blockTokens], then values [blockTokens][headSize]
 * </pre>
 *
 * A block is one stretch over all layers, so that its memory can serve another model. Keys lie
 * transposed, so that a vector holds one dimension of consecutive positions. Written and read by
 * the threads of one pass; distinct positions never share a byte.
 */
final class KvStore {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final KvGeometry geometry;
  private final MemorySegment memory;
  private final long headBytes;
  private final long layerBytes;
  private final long blockBytes;

  /**
   * @param memory of the blocks, from the first on
   */
  KvStore(KvGeometry geometry, MemorySegment memory) {
    this.geometry = geometry;
    this.memory = memory;
    this.headBytes = Math.multiplyExact(8L * geometry.headSize(), geometry.blockTokens());
    this.layerBytes = Math.multiplyExact(headBytes, geometry.kvHeads());
    this.blockBytes = geometry.bytesPerBlock();
  }

  MemorySegment memory() {
    return memory;
  }

  /** Byte offset of the keys of one head in one layer of one block. */
  long keys(int layer, int block, int kvHead) {
    return block * blockBytes + layer * layerBytes + kvHead * headBytes;
  }

  /** Byte offset of the values of one head in one layer of one block. */
  long values(int layer, int block, int kvHead) {
    return keys(layer, block, kvHead) + headBytes / 2;
  }

  /**
   * Writes key and value of one token for all KV heads, heads one after the other from the offsets
   * on.
   */
  void write(
      int layer, int block, int slot, float[] key, int keyOffset, float[] value, int valueOffset) {
    int headSize = geometry.headSize();
    int blockTokens = geometry.blockTokens();
    for (int head = 0; head < geometry.kvHeads(); head++) {
      long keys = keys(layer, block, head) + 4L * slot;
      for (int d = 0; d < headSize; d++) {
        memory.set(FLOAT, keys + 4L * d * blockTokens, key[keyOffset + head * headSize + d]);
      }
      MemorySegment.copy(
          value,
          valueOffset + head * headSize,
          memory,
          FLOAT,
          values(layer, block, head) + 4L * slot * headSize,
          headSize);
    }
  }
}
