package io.adaspec.actors;

import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** A tokenizer whose tokens are given as bytes; by default one visible ASCII character each. */
public final class CharTokenizer implements Tokenizer {
  private final List<byte[]> tokens;

  private CharTokenizer(List<byte[]> tokens) {
    this.tokens = tokens;
  }

  /** Token i is character '0' + i. */
  public static CharTokenizer ascii(int size) {
    return new CharTokenizer(
        java.util.stream.IntStream.range(0, size)
            .mapToObj(i -> new byte[] {(byte) ('0' + i)})
            .toList());
  }

  /** The given texts. */
  static CharTokenizer of(String... texts) {
    return new CharTokenizer(
        java.util.Arrays.stream(texts).map(t -> t.getBytes(StandardCharsets.UTF_8)).toList());
  }

  /** The single bytes 0 to 255. */
  static CharTokenizer bytes() {
    return new CharTokenizer(
        java.util.stream.IntStream.range(0, 256).mapToObj(i -> new byte[] {(byte) i}).toList());
  }

  @Override
  public int vocabularySize() {
    return tokens.size();
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    return text.chars().map(c -> c - '0').toArray();
  }

  @Override
  public byte[] tokenBytes(int id) {
    return tokens.get(id).clone();
  }

  @Override
  public String tokenName(int id) {
    return new String(tokenBytes(id), StandardCharsets.UTF_8);
  }

  @Override
  public String decode(int[] ids) {
    StreamingDecoder decoder = streamingDecoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.push(id));
    }
    return text.append(decoder.flush()).toString();
  }

  @Override
  public OptionalInt bosId() {
    return OptionalInt.empty();
  }

  @Override
  public Set<Integer> eosIds() {
    return Set.of();
  }

  @Override
  public boolean isSpecial(int id) {
    return false;
  }

  @Override
  public StreamingDecoder streamingDecoder() {
    return new Decoder();
  }

  @Override
  public StreamingDecoder streamingDecoder(int[] promptIds) {
    return new Decoder();
  }

  private final class Decoder implements StreamingDecoder {
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();

    @Override
    public String push(int tokenId) {
      held.writeBytes(tokens.get(tokenId));
      byte[] bytes = held.toByteArray();
      int whole = bytes.length - unfinished(bytes);
      held.reset();
      held.write(bytes, whole, bytes.length - whole);
      return new String(bytes, 0, whole, StandardCharsets.UTF_8);
    }

    @Override
    public String flush() {
      String rest = held.size() > 0 ? "\uFFFD" : "";
      held.reset();
      return rest;
    }

    private static int unfinished(byte[] bytes) {
      for (int back = 1; back <= Math.min(3, bytes.length); back++) {
        int lead = bytes[bytes.length - back] & 0xFF;
        int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
        if (length > 0) {
          return length > back ? back : 0;
        }
      }
      return 0;
    }
  }
}
