package io.adaspec.runtime.model;

import io.adaspec.runtime.text.TokenKind;
import io.adaspec.runtime.text.Tokenizer;
import io.adaspec.runtime.text.Tokenizers;
import io.adaspec.runtime.text.VocabularySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the tokenizer from the metadata of a GGUF file. */
final class GgufVocabulary {
  private static final String PREFIX = "tokenizer.ggml.";

  /** What converters write where a model has no such token. */
  private static final long NO_TOKEN = 0xFFFFFFFFL;

  private static final Pattern PADDING = Pattern.compile("\\[PAD\\d+]");

  private static final TokenKind[] KINDS = TokenKind.values();

  private final GgufMetadata metadata;

  private GgufVocabulary(GgufMetadata metadata) {
    this.metadata = metadata;
  }

  /**
   * The tokenizer.
   *
   * @throws ModelFormatException if the file has none, or one that is not supported
   */
  static Tokenizer tokenizer(GgufMetadata metadata) {
    try {
      return Tokenizers.of(new GgufVocabulary(metadata).read());
    } catch (ModelFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(String.valueOf(e.getMessage()), e);
    }
  }

  private VocabularySpec read() {
    String model =
        metadata
            .text(PREFIX + "model")
            .orElseThrow(() -> new ModelFormatException(PREFIX + "model is missing"));
    if (!Tokenizers.MODELS.contains(model)) {
      throw new ModelFormatException(
          "tokenizer model " + model + " is not supported; supported are " + Tokenizers.MODELS);
    }
    List<String> names =
        metadata
            .texts(PREFIX + "tokens")
            .map(Arrays::asList)
            .orElseThrow(() -> new ModelFormatException(PREFIX + "tokens is missing"));
    List<TokenKind> kinds = kinds(names.size());
    float[] scores = metadata.floats(PREFIX + "scores").orElseGet(() -> new float[0]);
    int size = sizeWithoutPadding(names);
    return new VocabularySpec(
        model,
        metadata.text(PREFIX + "pre").orElse("default"),
        names.subList(0, size),
        kinds.size() == names.size() ? kinds.subList(0, size) : kinds,
        scores.length == names.size() ? Arrays.copyOf(scores, size) : scores,
        metadata.texts(PREFIX + "merges").map(Arrays::asList).orElse(List.of()),
        id("bos_token_id"),
        eosIds(),
        id("unknown_token_id"),
        metadata.flag(PREFIX + "add_bos_token"),
        metadata.flag(PREFIX + "add_eos_token").orElse(false)
            ? id("eos_token_id")
            : OptionalInt.empty(),
        metadata.flag(PREFIX + "add_space_prefix"));
  }

  /**
   * Tokens before those that converters invent for rows of a padded embedding, such as {@code
   * [PAD151936]}; they are at the end.
   */
  private static int sizeWithoutPadding(List<String> names) {
    int size = names.size();
    while (size > 1 && PADDING.matcher(names.get(size - 1)).matches()) {
      size--;
    }
    return size;
  }

  private List<TokenKind> kinds(int size) {
    int[] types = metadata.integers(PREFIX + "token_type").orElse(null);
    if (types == null) {
      return Collections.nCopies(size, TokenKind.NORMAL);
    }
    List<TokenKind> kinds = new ArrayList<>(types.length);
    for (int type : types) {
      if (type < 1 || type > KINDS.length) {
        throw new ModelFormatException(
            PREFIX + "token_type holds " + type + "; 1 to " + KINDS.length + " are known");
      }
      kinds.add(KINDS[type - 1]);
    }
    return kinds;
  }

  private Set<Integer> eosIds() {
    Set<Integer> ids = new HashSet<>();
    for (String key : List.of("eos_token_id", "eot_token_id", "eom_token_id")) {
      id(key).ifPresent(ids::add);
    }
    return ids;
  }

  private OptionalInt id(String key) {
    OptionalLong value = metadata.integer(PREFIX + key);
    if (value.isEmpty() || value.getAsLong() == NO_TOKEN || value.getAsLong() == -1) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() < 0 || value.getAsLong() > Integer.MAX_VALUE) {
      throw new ModelFormatException(PREFIX + key + " is " + value.getAsLong());
    }
    return OptionalInt.of((int) value.getAsLong());
  }
}
