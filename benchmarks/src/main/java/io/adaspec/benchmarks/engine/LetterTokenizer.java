package io.adaspec.benchmarks.engine;

import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A tokenizer of single visible ASCII characters: token i is the character {@code '0' + i}.
 *
 * @param vocabularySize at most 78, where ASCII ends
 */
public record LetterTokenizer(int vocabularySize) implements Tokenizer {
  private static final StreamingDecoder DECODER =
      new StreamingDecoder() {
        @Override
        public String push(int tokenId) {
          return Character.toString('0' + tokenId);
        }

        @Override
        public String flush() {
          return "";
        }
      };

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    return text.chars().map(character -> character - '0').toArray();
  }

  @Override
  public byte[] tokenBytes(int id) {
    return tokenName(id).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String tokenName(int id) {
    return DECODER.push(id);
  }

  @Override
  public String decode(int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(tokenName(id));
    }
    return text.toString();
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
    return DECODER;
  }

  @Override
  public StreamingDecoder streamingDecoder(int[] promptIds) {
    return DECODER;
  }
}
