package io.adaspec.runtime.text;

import java.util.OptionalInt;
import java.util.Set;

/**
 * Text to token ids and back, as the model was trained.
 *
 * <p>Thread-safe and immutable. Ids outside {@code [0, vocabularySize)} decode to nothing.
 */
public interface Tokenizer {
  /** Number of token ids; a file's embedding may have more rows, which are not used. */
  int vocabularySize();

  /**
   * Token ids of a text. Cost grows as n log n at most with the length of the text.
   *
   * @param addSpecial whether to add what the model's own rule puts around a text (usually a BOS
   *     token in front, or nothing)
   * @param parseSpecial whether the names of control tokens in the text (such as {@code
   *     <|im_start|>}) become these tokens; without it they are ordinary text, which is right for
   *     text from users
   */
  int[] encode(String text, boolean addSpecial, boolean parseSpecial);

  /**
   * The bytes that a token adds to the text; possibly a part of a code point. Empty for control
   * tokens.
   */
  byte[] tokenBytes(int id);

  /** The token as the vocabulary writes it, for people; control tokens by their names. */
  String tokenName(int id);

  /**
   * Text of a whole token sequence from its beginning, without control tokens; malformed UTF-8
   * becomes U+FFFD. A space that the tokenizer itself puts in front of every text is removed.
   */
  String decode(int[] ids);

  /** The beginning-of-text token. */
  OptionalInt bosId();

  /** Every token that ends generation, such as {@code </s>}, {@code <|eot_id|>}. */
  Set<Integer> eosIds();

  /** Whether the token is a control token, which has a meaning but no text. */
  boolean isSpecial(int id);

  /** A decoder for a token stream from its beginning: the stream's text equals {@link #decode}. */
  StreamingDecoder streamingDecoder();

  /**
   * A decoder for the tokens that follow a prompt: the text of prompt and stream together equals
   * {@link #decode} of both.
   */
  StreamingDecoder streamingDecoder(int[] promptIds);
}
