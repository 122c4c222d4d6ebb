package io.adaspec.runtime.text;

import java.util.Arrays;

/**
 * The printable characters by which byte-level BPE vocabularies write bytes (GPT-2's {@code
 * bytes_to_unicode}): printable Latin-1 bytes stand for themselves, the others follow from U+0100.
 */
final class ByteAlphabet {
  private static final char[] CHARACTERS = characters();
  private static final short[] BYTES = bytes();

  private ByteAlphabet() {}

  /** The character of a byte. */
  static char character(int unsignedByte) {
    return CHARACTERS[unsignedByte];
  }

  /** The bytes that a token's name stands for; characters outside the alphabet give their UTF-8. */
  static byte[] decode(String name) {
    byte[] plain = new byte[name.length()];
    for (int i = 0; i < plain.length; i++) {
      char c = name.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return decodeMixed(name);
      }
      plain[i] = (byte) BYTES[c];
    }
    return plain;
  }

  private static byte[] decodeMixed(String name) {
    Utf8 out = new Utf8();
    name.codePoints()
        .forEach(
            c -> {
              if (c < BYTES.length && BYTES[c] >= 0) {
                out.append(new byte[] {(byte) BYTES[c]});
              } else {
                out.append(c);
              }
            });
    return Arrays.copyOf(out.bytes(), out.size());
  }

  private static char[] characters() {
    char[] characters = new char[256];
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      characters[b] = printable ? (char) b : next++;
    }
    return characters;
  }

  private static short[] bytes() {
    short[] bytes = new short[0x144];
    Arrays.fill(bytes, (short) -1);
    for (int b = 0; b < 256; b++) {
      bytes[CHARACTERS[b]] = (short) b;
    }
    return bytes;
  }
}
