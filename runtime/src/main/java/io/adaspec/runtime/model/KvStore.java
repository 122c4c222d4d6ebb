package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.tensor.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Keys and values of one model in off-heap memory, block by block, as floats.
 *
 * <pre>
 * layer: [block][kvHead]  keys [headSize][blockTokens], then values [blockTokens][headSize]
 * </pre>
 *
 * Keys lie transposed, so that a vector holds one dimension of consecutive positions. Written and
 * read by the threads of one pass; distinct positions never share a byte.
 */
final class KvStore {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final KvGeometry geometry;
  private final MemorySegment[] layers;
  private final long headBytes;
  private final long blockBytes;

  /** Reserves zeroed memory for {@code blocks} blocks. */
  KvStore(KvGeometry geometry, int blocks, Arena arena) {
    this.geometry = geometry;
    this.headBytes = Math.multiplyExact(8L * geometry.headSize(), geometry.blockTokens());
    this.blockBytes = Math.multiplyExact(headBytes, geometry.kvHeads());
    this.layers = new MemorySegment[geometry.layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = NativeMemory.reserve(Math.multiplyExact(blockBytes, blocks), arena);
    }
  }

  MemorySegment layer(int layer) {
    return layers[layer];
  }

  /** Byte offset of the keys of one head of one block. */
  long keys(int block, int kvHead) {
    return block * blockBytes + kvHead * headBytes;
  }

  /** Byte offset of the values of one head of one block. */
  long values(int block, int kvHead) {
    return keys(block, kvHead) + headBytes / 2;
  }

  /**
   * Writes key and value of one token for all KV heads, heads one after the other from the offsets
   * on.
   */
  void write(
      int layer, int block, int slot, float[] key, int keyOffset, float[] value, int valueOffset) {
    MemorySegment memory = layers[layer];
    int headSize = geometry.headSize();
    int blockTokens = geometry.blockTokens();
    for (int head = 0; head < geometry.kvHeads(); head++) {
      long keys = keys(block, head) + 4L * slot;
      for (int d = 0; d < headSize; d++) {
        memory.set(FLOAT, keys + 4L * d * blockTokens, key[keyOffset + head * headSize + d]);
      }
      MemorySegment.copy(
          value,
          valueOffset + head * headSize,
          memory,
          FLOAT,
          values(block, head) + 4L * slot * headSize,
          headSize);
    }
  }
}
