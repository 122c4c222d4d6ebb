package io.adaspec.api.server;

import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A vocabulary of single bytes, to which nothing has to be downloaded: ids 0 to 255 are bytes, 256
 * is the beginning, 257 the end, 258 the beginning of a turn. Larger ids decode to letters.
 */
final class LetterTokenizer implements Tokenizer {
  static final int BOS = 256;
  static final int EOS = 257;
  static final int TURN = 258;
  private static final int SIZE = 512;
  private static final String TURN_NAME = "<turn>";

  @Override
  public int vocabularySize() {
    return SIZE;
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    StringBuilder rest = new StringBuilder(text);
    java.util.stream.IntStream.Builder ids = java.util.stream.IntStream.builder();
    if (addSpecial) {
      ids.add(BOS);
    }
    while (!rest.isEmpty()) {
      int special = parseSpecial ? rest.indexOf(TURN_NAME) : -1;
      int end = special < 0 ? rest.length() : special;
      for (byte each : rest.substring(0, end).getBytes(StandardCharsets.UTF_8)) {
        ids.add(each & 0xff);
      }
      rest.delete(0, end);
      if (special >= 0) {
        ids.add(TURN);
        rest.delete(0, TURN_NAME.length());
      }
    }
    return ids.build().toArray();
  }

  @Override
  public byte[] tokenBytes(int id) {
    if (id < 0 || id >= SIZE || isSpecial(id)) {
      return new byte[0];
    }
    return new byte[] {(byte) (id < 256 ? id : 'a' + id % 26)};
  }

  @Override
  public String tokenName(int id) {
    return id == TURN ? TURN_NAME : "<" + id + ">";
  }

  @Override
  public String decode(int[] ids) {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    for (int id : ids) {
      bytes.writeBytes(tokenBytes(id));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public OptionalInt bosId() {
    return OptionalInt.of(BOS);
  }

  @Override
  public Set<Integer> eosIds() {
    return Set.of(EOS);
  }

  @Override
  public boolean isSpecial(int id) {
    return id == BOS || id == EOS || id == TURN;
  }

  @Override
  public StreamingDecoder streamingDecoder() {
    return new Latin(this);
  }

  @Override
  public StreamingDecoder streamingDecoder(int[] promptIds) {
    return streamingDecoder();
  }

  /** The tests generate ASCII alone, so that every token is whole text. */
  private record Latin(Tokenizer tokenizer) implements StreamingDecoder {
    @Override
    public String push(int tokenId) {
      return new String(tokenizer.tokenBytes(tokenId), StandardCharsets.ISO_8859_1);
    }

    @Override
    public String flush() {
      return "";
    }
  }
}
