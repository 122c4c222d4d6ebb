package io.adaspec.runtime.model;

/** Types of GGUF metadata values, after the GGUF specification. */
enum GgufType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  BOOL(7, 1),
  /** Length (8 bytes) and UTF-8 bytes. */
  STRING(8, 8),
  /** Element type (4 bytes), count (8 bytes), elements. */
  ARRAY(9, 12),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  private static final GgufType[] BY_NUMBER = values();

  private final int number;
  private final int leastBytes;

  GgufType(int number, int leastBytes) {
    this.number = number;
    this.leastBytes = leastBytes;
  }

  /** The type's number in a file. */
  int number() {
    return number;
  }

  /** Bytes of a value; for strings and arrays the bytes of an empty one. */
  int leastBytes() {
    return leastBytes;
  }

  /** Whether every value takes {@link #leastBytes}. */
  boolean fixedSize() {
    return this != STRING && this != ARRAY;
  }

  /** Whether values are whole numbers. */
  boolean integral() {
    return fixedSize() && this != FLOAT32 && this != FLOAT64 && this != BOOL;
  }

  /** The type of that number, or a refusal that says where it stood. */
  static GgufType of(int number, String where) {
    if (number < 0 || number >= BY_NUMBER.length) {
      throw new ModelFormatException(
          where
              + " has value type "
              + Integer.toUnsignedString(number)
              + "; GGUF knows 0 to 12: the file is damaged or newer than this reader");
    }
    return BY_NUMBER[number];
  }
}
