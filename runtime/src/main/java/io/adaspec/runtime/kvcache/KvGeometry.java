package io.adaspec.runtime.kvcache;

/**
 * Shape of one model's paged KV memory.
 *
 * @param layers transformer blocks that keep keys and values
 * @param kvHeads key/value heads per layer
 * @param headSize elements per head
 * @param blockTokens tokens per KV block; a power of two
 * @param elementType how keys and values are stored
 */
public record KvGeometry(
    int layers, int kvHeads, int headSize, int blockTokens, ElementType elementType) {
  /** Storage of one key or value element. */
  public enum ElementType {
    F32(4),
    F16(2),
    BF16(2);

    private final int bytes;

    ElementType(int bytes) {
      this.bytes = bytes;
    }

    public int bytes() {
      return bytes;
    }
  }

  public KvGeometry {
    if (layers <= 0 || kvHeads <= 0 || headSize <= 0) {
      throw new IllegalArgumentException(
          "KV geometry needs positive sizes, not "
              + layers
              + " layers, "
              + kvHeads
              + " heads of "
              + headSize);
    }
    if (Integer.bitCount(blockTokens) != 1) {
      throw new IllegalArgumentException("block size must be a power of two, not " + blockTokens);
    }
  }

  /** Bytes of keys and values of one token over all layers. */
  public long bytesPerToken() {
    return Math.multiplyExact(
        2L * layers * elementType.bytes(), Math.multiplyExact((long) kvHeads, headSize));
  }

  /** Bytes of one block over all layers. */
  public long bytesPerBlock() {
    return Math.multiplyExact(bytesPerToken(), blockTokens);
  }

  /** Blocks that hold {@code tokens}. */
  public int blocksFor(int tokens) {
    return Math.ceilDiv(tokens, blockTokens);
  }
}
