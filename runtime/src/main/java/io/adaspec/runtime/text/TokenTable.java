package io.adaspec.runtime.text;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Names, kinds and bytes of all tokens, by id. Immutable. */
final class TokenTable {
  private static final byte[] NOTHING = {};

  private final List<String> names;
  private final List<TokenKind> kinds;
  private final byte[] bytes;
  private final int[] offsets;

  private TokenTable(
      List<String> names, List<TokenKind> kinds, Function<String, byte[]> textOfNormal) {
    this.names = names;
    this.kinds = kinds;
    this.offsets = new int[names.size() + 1];
    Utf8 all = new Utf8();
    for (int id = 0; id < names.size(); id++) {
      all.append(
          switch (kinds.get(id)) {
            case CONTROL, UNKNOWN -> NOTHING;
            case BYTE -> new byte[] {byteOf(id, names.get(id))};
            case USER_DEFINED -> Utf8.of(visible(names.get(id)));
            case NORMAL, UNUSED -> textOfNormal.apply(names.get(id));
          });
      offsets[id + 1] = all.size();
    }
    this.bytes = Arrays.copyOf(all.bytes(), all.size());
  }

  /** A table whose normal tokens are written in the byte alphabet. */
  static TokenTable byteLevel(List<String> names, List<TokenKind> kinds) {
    return new TokenTable(names, kinds, ByteAlphabet::decode);
  }

  /** A table whose normal tokens write a space as U+2581. */
  static TokenTable sentencePiece(List<String> names, List<TokenKind> kinds) {
    return new TokenTable(names, kinds, name -> Utf8.of(visible(name)));
  }

  int size() {
    return names.size();
  }

  boolean has(int id) {
    return id >= 0 && id < names.size();
  }

  String name(int id) {
    return has(id) ? names.get(id) : "<" + id + ">";
  }

  TokenKind kind(int id) {
    return has(id) ? kinds.get(id) : TokenKind.UNUSED;
  }

  byte[] bytes(int id) {
    return has(id) ? Arrays.copyOfRange(bytes, offsets[id], offsets[id + 1]) : NOTHING;
  }

  /** All tokens' bytes; token {@code id} from {@code start(id)} to {@code start(id + 1)}. */
  byte[] allBytes() {
    return bytes;
  }

  int start(int id) {
    return offsets[id];
  }

  /** The text by which a user-defined or control token appears in a text. */
  String text(int id) {
    return visible(names.get(id));
  }

  private static String visible(String name) {
    return name.replace('\u2581', ' ');
  }

  private static byte byteOf(int id, String name) {
    if (name.matches("<0x[0-9A-Fa-f]{2}>")) {
      return (byte) Integer.parseInt(name, 3, 5, 16);
    }
    throw new IllegalArgumentException(
        "token " + id + " is declared to be a byte, but is named " + name + ", not like <0x0A>");
  }
}
