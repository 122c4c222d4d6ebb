package io.adaspec.benchmarks.models;

import io.adaspec.runtime.model.GgufWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A SentencePiece-style vocabulary of {@value ModelShape#VOCABULARY} tokens: three special tokens,
 * 256 bytes, all words of up to three letters, and as many of them with a space in front as fit.
 */
final class WordVocabulary {
  /** Tokens before it are special or bytes. */
  static final int FIRST_WORD = 259;

  private static final String SPACE = "\u2581";

  private WordVocabulary() {}

  static GgufWriter writeTo(GgufWriter writer) {
    List<String> tokens = tokens();
    int[] types = new int[tokens.size()];
    float[] scores = new float[tokens.size()];
    for (int id = 0; id < types.length; id++) {
      types[id] = id == 0 ? 2 : id < 3 ? 3 : id < FIRST_WORD ? 6 : 1;
      scores[id] = id < FIRST_WORD ? 0 : FIRST_WORD - id;
    }
    return writer
        .put("tokenizer.ggml.model", "llama")
        .put("tokenizer.ggml.tokens", tokens)
        .put("tokenizer.ggml.scores", scores)
        .put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.unknown_token_id", 0)
        .put("tokenizer.ggml.bos_token_id", 1)
        .put("tokenizer.ggml.eos_token_id", 2)
        .put("tokenizer.ggml.add_bos_token", true)
        .put("tokenizer.ggml.add_eos_token", false);
  }

  private static List<String> tokens() {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format(Locale.ROOT, "<0x%02X>", b));
    }
    tokens.add(SPACE);
    List<String> words = words();
    tokens.addAll(words);
    for (String word : words.subList(0, ModelShape.VOCABULARY - tokens.size())) {
      tokens.add(SPACE + word);
    }
    return tokens;
  }

  private static List<String> words() {
    List<String> words = new ArrayList<>();
    List<String> shorter = List.of("");
    for (int length = 1; length <= 3; length++) {
      List<String> longer = new ArrayList<>();
      for (String word : shorter) {
        for (char letter = 'a'; letter <= 'z'; letter++) {
          longer.add(word + letter);
        }
      }
      words.addAll(longer);
      shorter = longer;
    }
    return words;
  }
}
