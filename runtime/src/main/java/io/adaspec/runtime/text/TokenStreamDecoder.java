package io.adaspec.runtime.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes tokens through one incremental UTF-8 decoder, so that pieces and whole agree. */
final class TokenStreamDecoder implements StreamingDecoder {
  private final TokenTable table;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private boolean dropSpace;
  private byte[] pending = {};

  /** With {@code dropSpace} a space at the very beginning is left out. */
  TokenStreamDecoder(TokenTable table, boolean dropSpace) {
    this.table = table;
    this.dropSpace = dropSpace;
  }

  @Override
  public String push(int tokenId) {
    byte[] bytes = table.bytes(tokenId);
    if (bytes.length == 0) {
      return "";
    }
    int from = dropSpace && bytes[0] == ' ' ? 1 : 0;
    dropSpace = false;
    ByteBuffer in = ByteBuffer.allocate(pending.length + bytes.length - from);
    in.put(pending).put(bytes, from, bytes.length - from).flip();
    String text = decode(in, false);
    pending = new byte[in.remaining()];
    in.get(pending);
    return text;
  }

  @Override
  public String flush() {
    String text = decode(ByteBuffer.wrap(pending), true);
    pending = new byte[0];
    return text;
  }

  private String decode(ByteBuffer in, boolean last) {
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    utf8.decode(in, out, last);
    if (last) {
      utf8.flush(out);
      utf8.reset();
    }
    return out.flip().toString();
  }
}
