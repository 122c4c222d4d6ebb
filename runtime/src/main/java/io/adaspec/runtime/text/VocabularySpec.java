package io.adaspec.runtime.text;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A vocabulary and its rules as a model file states them; {@link Tokenizers#of} makes a tokenizer
 * of it.
 *
 * @param model the kind of tokenizer: {@code llama} (SentencePiece) or {@code gpt2} (byte-level
 *     BPE)
 * @param preTokenizer how byte-level BPE cuts text into words; see {@link PreTokenizer#names}
 * @param tokens token names by id
 * @param kinds by id
 * @param scores by id; SentencePiece merges the highest score first. Empty for BPE
 * @param merges pairs "left right", the most important first. Empty for SentencePiece
 * @param bosId beginning of text
 * @param eosIds ends of generation that the file names
 * @param unknownId stands for what cannot be expressed
 * @param addBos whether BOS begins every text; empty for the usual rule of the kind
 * @param appendedEosId a token put behind every text, if any
 * @param addSpacePrefix whether a space is put in front of every text; empty for the usual rule
 */
public record VocabularySpec(
    String model,
    String preTokenizer,
    List<String> tokens,
    List<TokenKind> kinds,
    float[] scores,
    List<String> merges,
    OptionalInt bosId,
    Set<Integer> eosIds,
    OptionalInt unknownId,
    Optional<Boolean> addBos,
    OptionalInt appendedEosId,
    Optional<Boolean> addSpacePrefix) {
  public VocabularySpec {
    tokens = List.copyOf(tokens);
    kinds = List.copyOf(kinds);
    scores = scores.clone();
    merges = List.copyOf(merges);
    eosIds = Set.copyOf(eosIds);
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("the vocabulary is empty");
    }
    if (kinds.size() != tokens.size()) {
      throw new IllegalArgumentException(
          "the vocabulary has " + tokens.size() + " tokens, but " + kinds.size() + " token types");
    }
    checkId("BOS", bosId, tokens.size());
    checkId("unknown", unknownId, tokens.size());
    checkId("appended EOS", appendedEosId, tokens.size());
    for (int eosId : eosIds) {
      checkId("EOS", OptionalInt.of(eosId), tokens.size());
    }
  }

  private static void checkId(String what, OptionalInt id, int size) {
    if (id.isPresent() && (id.getAsInt() < 0 || id.getAsInt() >= size)) {
      throw new IllegalArgumentException(
          what + " token id is " + id.getAsInt() + ", but the vocabulary has " + size + " tokens");
    }
  }
}
