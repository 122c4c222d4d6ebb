package io.adaspec.runtime.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Encodes through the tokenizers library, which reads {@code tokenizer.json} itself.
 *
 * <p>The library always finds special tokens in text; a second instance without them encodes text
 * in which their names are ordinary characters.
 */
final class LibraryEncoder implements Encoder {
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  private final HuggingFaceTokenizer parsing;
  private final HuggingFaceTokenizer plain;
  private final int[] prefix;
  private final int[] suffix;

  /**
   * An encoder.
   *
   * @throws IllegalArgumentException if the library refuses the JSON
   */
  LibraryEncoder(JsonNode json) {
    NativeLibraryFolder.prepare();
    ObjectNode withoutSpecial = json.deepCopy();
    ArrayNode added = withoutSpecial.putArray("added_tokens");
    json.path("added_tokens")
        .forEach(
            token -> {
              if (!token.path("special").asBoolean()) {
                added.add(token);
              }
            });
    withoutSpecial.putNull("post_processor");
    this.parsing = load(json);
    this.plain = load(withoutSpecial);
    int[] bare = ids(parsing, "a", false);
    int[] wrapped = ids(parsing, "a", true);
    int at = indexOf(wrapped, bare);
    this.prefix = Arrays.copyOfRange(wrapped, 0, at);
    this.suffix = Arrays.copyOfRange(wrapped, at + bare.length, wrapped.length);
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    IdBuffer ids = new IdBuffer();
    if (addSpecial) {
      ids.add(prefix);
    }
    ids.add(ids(parseSpecial ? parsing : plain, withoutLoneSurrogates(text), false));
    if (addSpecial) {
      ids.add(suffix);
    }
    return ids.toArray();
  }

  private static int[] ids(HuggingFaceTokenizer tokenizer, String text, boolean addSpecial) {
    return Arrays.stream(tokenizer.encode(text, addSpecial, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  private static int indexOf(int[] whole, int[] part) {
    for (int at = 0; at + part.length <= whole.length; at++) {
      if (Arrays.equals(whole, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new IllegalArgumentException(
        "the post-processor changes the text's tokens, which is not supported");
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
