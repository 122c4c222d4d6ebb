package io.adaspec.runtime.text;

import java.util.OptionalInt;
import java.util.Set;

/** A tokenizer made of a token table, an encoder and rules for special tokens. */
final class ModelTokenizer implements Tokenizer {
  /**
   * Special tokens.
   *
   * @param bosId beginning of text
   * @param eosIds ends of generation
   * @param dropSpace whether decoding removes a space at the beginning
   */
  record Rules(OptionalInt bosId, Set<Integer> eosIds, boolean dropSpace) {
    Rules {
      eosIds = Set.copyOf(eosIds);
    }
  }

  private final TokenTable table;
  private final Encoder encoder;
  private final Rules rules;

  ModelTokenizer(TokenTable table, Encoder encoder, Rules rules) {
    this.table = table;
    this.encoder = encoder;
    this.rules = rules;
  }

  @Override
  public int vocabularySize() {
    return table.size();
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    return encoder.encode(text, addSpecial, parseSpecial);
  }

  @Override
  public byte[] tokenBytes(int id) {
    return table.bytes(id);
  }

  @Override
  public String tokenName(int id) {
    return table.name(id);
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
    return rules.bosId;
  }

  @Override
  public Set<Integer> eosIds() {
    return rules.eosIds;
  }

  @Override
  public boolean isSpecial(int id) {
    return table.has(id) && table.kind(id).silent();
  }

  @Override
  public StreamingDecoder streamingDecoder() {
    return new TokenStreamDecoder(table, rules.dropSpace);
  }

  @Override
  public StreamingDecoder streamingDecoder(int[] promptIds) {
    boolean textBefore = false;
    for (int id : promptIds) {
      textBefore |= table.bytes(id).length > 0;
    }
    return new TokenStreamDecoder(table, rules.dropSpace && !textBefore);
  }
}
