package io.adaspec.runtime.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Encodes through the native tokenizers library, which is given the checked parts of a {@code
 * tokenizer.json}.
 *
 * <p>The library always finds special tokens in text; a second instance without them encodes text
 * in which their names are ordinary characters.
 */
final class LibraryEncoder implements Encoder {
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  /** The library copies a text several times; beyond Java's array sizes it aborts the process. */
  private static final int MOST_CHARACTERS = 8 << 20;

  private final HuggingFaceTokenizer parsing;
  private final HuggingFaceTokenizer plain;
  private final TextWrapping wrapping;

  /**
   * An encoder.
   *
   * @throws IllegalArgumentException if the file has parts that are not supported, or the library
   *     refuses it
   */
  LibraryEncoder(JsonNode json, TokenTable table) {
    this.wrapping = TextWrapping.of(json.path("post_processor"), table);
    NativeLibraryFolder.prepare();
    this.parsing = load(LibraryJson.of(json, token -> true));
    this.plain = load(LibraryJson.of(json, token -> !token.path("special").asBoolean()));
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    if (text.length() > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "the text has "
              + text.length()
              + " characters; at most "
              + MOST_CHARACTERS
              + " can be tokenized at once");
    }
    IdBuffer ids = new IdBuffer();
    if (addSpecial) {
      ids.add(wrapping.before());
    }
    ids.add(ids(parseSpecial ? parsing : plain, withoutLoneSurrogates(text)));
    if (addSpecial) {
      ids.add(wrapping.after());
    }
    return ids.toArray();
  }

  private static int[] ids(HuggingFaceTokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text, false, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  private static HuggingFaceTokenizer load(JsonNode json) {
    byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), OPTIONS);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("the tokenizers library refuses it: " + e.getMessage(), e);
    }
  }

  private static String withoutLoneSurrogates(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text)
        ? text
        : text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
  }
}
