package io.adaspec.runtime.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** UTF-8 bytes of pieces of text, in a buffer that is used again. */
final class Utf8 {
  private byte[] bytes = new byte[256];
  private int size;

  byte[] bytes() {
    return bytes;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  void append(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, size, more.length);
    size += more.length;
  }

  /** Appends a code point; lone surrogates become U+FFFD. */
  void append(int codePoint) {
    reserve(4);
    if (codePoint < 0x80) {
      bytes[size++] = (byte) codePoint;
    } else if (codePoint < 0x800) {
      bytes[size++] = (byte) (0xC0 | codePoint >> 6);
      bytes[size++] = continuation(codePoint);
    } else if (codePoint < 0x10000) {
      int valid = codePoint >= 0xD800 && codePoint < 0xE000 ? 0xFFFD : codePoint;
      bytes[size++] = (byte) (0xE0 | valid >> 12);
      bytes[size++] = continuation(valid >> 6);
      bytes[size++] = continuation(valid);
    } else {
      bytes[size++] = (byte) (0xF0 | codePoint >> 18);
      bytes[size++] = continuation(codePoint >> 12);
      bytes[size++] = continuation(codePoint >> 6);
      bytes[size++] = continuation(codePoint);
    }
  }

  /** Bytes of the character that begins with this byte; 1 for stray continuation bytes. */
  static int length(byte first) {
    int value = Byte.toUnsignedInt(first);
    return value < 0xC0 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
  }

  static byte[] of(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte continuation(int bits) {
    return (byte) (0x80 | (bits & 0x3F));
  }

  private void reserve(int more) {
    if (Math.addExact(size, more) > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.addExact(size, Math.max(more, size)));
    }
  }
}
