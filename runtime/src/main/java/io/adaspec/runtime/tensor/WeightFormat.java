package io.adaspec.runtime.tensor;

import java.util.Arrays;
import java.util.Optional;

/**
 * How the elements of a weight tensor lie in memory, after the GGUF specification's tensor types.
 *
 * <p>A format stores {@link #blockElements} elements in {@link #blockBytes} bytes. A row of a
 * matrix always starts at a block border.
 */
public enum WeightFormat {
  F32(0, 1, 4),
  F16(1, 1, 2),
  BF16(30, 1, 2),
  /** 32 elements: one F16 scale and 32 signed bytes; element = scale × byte. */
  Q8_0(8, 32, 34),
  /**
   * 32 elements: one F16 scale and 16 bytes; byte i holds element i low, i + 16 high; element =
   * scale × (nibble − 8).
   */
  Q4_0(2, 32, 18);

  private final int ggufType;
  private final int blockElements;
  private final int blockBytes;

  WeightFormat(int ggufType, int blockElements, int blockBytes) {
    this.ggufType = ggufType;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** The number of this format in a GGUF tensor header. */
  public int ggufType() {
    return ggufType;
  }

  /** The format of that number in a GGUF tensor header, if it is supported. */
  public static Optional<WeightFormat> ofGgufType(int number) {
    return Arrays.stream(values()).filter(format -> format.ggufType == number).findFirst();
  }

  /** Elements per block. */
  public int blockElements() {
    return blockElements;
  }

  /** Bytes per block. */
  public int blockBytes() {
    return blockBytes;
  }

  /**
   * Bytes of {@code elements} consecutive elements.
   *
   * @throws IllegalArgumentException if {@code elements} is negative or no whole number of blocks
   * @throws ArithmeticException if the size overflows a long
   */
  public long bytesOf(long elements) {
    if (elements < 0 || elements % blockElements != 0) {
      throw new IllegalArgumentException(
          this + " rows hold a multiple of " + blockElements + " elements, not " + elements);
    }
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }
}
