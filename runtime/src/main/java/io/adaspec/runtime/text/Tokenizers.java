package io.adaspec.runtime.text;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Makes tokenizers of what model files state. */
public final class Tokenizers {
  /** Names by which well-known models end a turn or a text, whatever their metadata say. */
  private static final Set<String> END_NAMES =
      Set.of(
          "<|eot_id|>",
          "<|eom_id|>",
          "<|end_of_text|>",
          "<|im_end|>",
          "<|end|>",
          "<|endoftext|>",
          "<end_of_turn>",
          "<|EOT|>",
          "<EOT>",
          "</s>");

  /** Kinds of vocabularies, as GGUF files name them. */
  public static final List<String> MODELS = List.of("llama", "gpt2");

  private Tokenizers() {}

  /**
   * The tokenizer of a vocabulary.
   *
   * @throws IllegalArgumentException if its kind is not supported or its parts do not fit together
   */
  public static Tokenizer of(VocabularySpec spec) {
    return switch (spec.model()) {
      case "llama" -> sentencePiece(spec);
      case "gpt2" -> byteLevel(spec);
      default ->
          throw new IllegalArgumentException(
              "tokenizer model " + spec.model() + " is not supported; supported are " + MODELS);
    };
  }

  private static Tokenizer sentencePiece(VocabularySpec spec) {
    TokenTable table = TokenTable.sentencePiece(spec.tokens(), spec.kinds());
    boolean addSpacePrefix = spec.addSpacePrefix().orElse(true);
    TextEncoder encoder =
        new SentencePieceEncoder(table, spec.scores(), spec.unknownId(), addSpacePrefix);
    return tokenizer(spec, table, encoder, true, addSpacePrefix);
  }

  private static Tokenizer byteLevel(VocabularySpec spec) {
    TokenTable table = TokenTable.byteLevel(spec.tokens(), spec.kinds());
    PreTokenizer preTokenizer = PreTokenizer.named(spec.preTokenizer());
    TextEncoder encoder =
        new ByteLevelEncoder(table, spec.merges(), preTokenizer, spec.unknownId());
    return tokenizer(spec, table, encoder, preTokenizer.addsBos(), false);
  }

  private static Tokenizer tokenizer(
      VocabularySpec spec,
      TokenTable table,
      TextEncoder encoder,
      boolean usuallyBos,
      boolean dropSpace) {
    OptionalInt prependedId = spec.addBos().orElse(usuallyBos) ? spec.bosId() : OptionalInt.empty();
    return new ModelTokenizer(
        table,
        new SpecialTokenEncoder(table, encoder, prependedId, spec.appendedEosId()),
        new ModelTokenizer.Rules(spec.bosId(), eosIds(spec.eosIds(), table), dropSpace));
  }

  /** The ends that a file names, and special tokens that are ends by their names. */
  static Set<Integer> eosIds(Set<Integer> named, TokenTable table) {
    Set<Integer> ids = new HashSet<>(named);
    for (int id = 0; id < table.size(); id++) {
      TokenKind kind = table.kind(id);
      if ((kind == TokenKind.CONTROL || kind == TokenKind.USER_DEFINED)
          && END_NAMES.contains(table.name(id))) {
        ids.add(id);
      }
    }
    return ids;
  }
}
