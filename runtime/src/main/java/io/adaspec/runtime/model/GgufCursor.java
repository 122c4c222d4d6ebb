package io.adaspec.runtime.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads a little-endian mapped file from front to back and never past its end. */
final class GgufCursor {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment file;
  private long position;

  GgufCursor(MemorySegment file, long position) {
    this.file = file;
    this.position = position;
  }

  /** Another cursor over the same file. */
  GgufCursor at(long otherPosition) {
    return new GgufCursor(file, otherPosition);
  }

  long position() {
    return position;
  }

  long remaining() {
    return file.byteSize() - position;
  }

  /** Steps over bytes; refuses to leave the file. */
  void skip(long bytes, String what) {
    require(bytes, what);
    position += bytes;
  }

  int readInt(String what) {
    require(4, what);
    int value = file.get(INT, position);
    position += 4;
    return value;
  }

  /** An unsigned 64-bit number; more than 2^63 - 1 is refused as nonsense. */
  long readLength(String what) {
    require(8, what);
    long value = file.get(LONG, position);
    if (value < 0) {
      throw new ModelFormatException(
          what + " is " + Long.toUnsignedString(value) + ", which no file can hold");
    }
    position += 8;
    return value;
  }

  /** A count of things of at least {@code leastBytes} each, all within the rest of the file. */
  long readCount(String what, long leastBytes) {
    long count = readLength(what);
    if (count > remaining() / leastBytes) {
      throw new ModelFormatException(
          what
              + " is "
              + count
              + ", but the "
              + remaining()
              + " bytes after it cannot hold that many: the file is cut short or damaged");
    }
    return count;
  }

  /** A string of at most {@code mostBytes} bytes; malformed UTF-8 becomes U+FFFD. */
  String readString(String what, long mostBytes) {
    long length = readCount("length of " + what, 1);
    if (length > mostBytes) {
      throw new ModelFormatException(
          what + " has " + length + " bytes; at most " + mostBytes + " are accepted");
    }
    String text = string(file, position, (int) length);
    position += length;
    return text;
  }

  /** Steps over a value of that type, checking that it lies within the file. */
  void skipValue(GgufType type, String what, int depth) {
    if (type.fixedSize()) {
      skip(type.leastBytes(), what);
    } else if (type == GgufType.STRING) {
      skip(readLength("length of " + what), what);
    } else {
      skipArray(what, depth);
    }
  }

  private void skipArray(String what, int depth) {
    if (depth >= 3) {
      throw new ModelFormatException(what + " nests arrays more than 3 deep; the file is damaged");
    }
    GgufType elementType = GgufType.of(readInt(what), what);
    long count = readCount("element count of " + what, elementType.leastBytes());
    if (elementType.fixedSize()) {
      skip(count * elementType.leastBytes(), what);
      return;
    }
    for (long i = 0; i < count; i++) {
      skipValue(elementType, what, depth + 1);
    }
  }

  private void require(long bytes, String what) {
    if (bytes > remaining()) {
      throw new ModelFormatException(
          what
              + " needs "
              + bytes
              + " bytes at offset "
              + position
              + ", but the file ends at "
              + file.byteSize()
              + ": it is cut short or damaged");
    }
  }

  private static String string(MemorySegment file, long offset, int length) {
    byte[] bytes = new byte[length];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
