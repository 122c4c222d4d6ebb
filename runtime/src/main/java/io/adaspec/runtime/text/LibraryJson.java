package io.adaspec.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What of a {@code tokenizer.json} goes to the native tokenizers library: a new object of known
 * parts with checked values.
 *
 * <p>The library aborts the whole process where it does not expect a value (unknown tokens in
 * templates, scores that are no numbers, prefixes that cut characters, expressions that backtrack
 * too long), so nothing reaches it that was not understood here. Post-processors and decoders do
 * not reach it at all: {@link TextWrapping} and {@link TokenTable} do their work.
 */
final class LibraryJson {
  /** What a field of a part may hold. */
  private enum Field {
    FLAG,
    TEXT,
    CHARACTER,
    PATTERN,
    PARTS,
    BEHAVIOR,
    SCHEME;

    boolean accepts(JsonNode value) {
      return switch (this) {
        case FLAG -> value.isBoolean();
        case TEXT -> value.isTextual();
        case CHARACTER -> value.isTextual() && value.textValue().codePoints().count() == 1;
        case PATTERN -> isPattern(value);
        case PARTS -> value.isArray();
        case BEHAVIOR -> BEHAVIORS.contains(value.asText());
        case SCHEME -> SCHEMES.contains(value.asText());
      };
    }
  }

  private static final Set<String> BEHAVIORS =
      Set.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");
  private static final Set<String> SCHEMES = Set.of("first", "never", "always");

  private static final Map<String, Map<String, Field>> NORMALIZERS =
      Map.ofEntries(
          Map.entry("Sequence", Map.of("normalizers", Field.PARTS)),
          Map.entry("NFC", Map.of()),
          Map.entry("NFD", Map.of()),
          Map.entry("NFKC", Map.of()),
          Map.entry("NFKD", Map.of()),
          Map.entry("Lowercase", Map.of()),
          Map.entry("StripAccents", Map.of()),
          Map.entry("Strip", Map.of("strip_left", Field.FLAG, "strip_right", Field.FLAG)),
          Map.entry("Prepend", Map.of("prepend", Field.TEXT)),
          Map.entry("Replace", Map.of("pattern", Field.PATTERN, "content", Field.TEXT)));

  private static final Map<String, Map<String, Field>> PRE_TOKENIZERS =
      Map.ofEntries(
          Map.entry("Sequence", Map.of("pretokenizers", Field.PARTS)),
          Map.entry(
              "ByteLevel",
              Map.of(
                  "add_prefix_space",
                  Field.FLAG,
                  "trim_offsets",
                  Field.FLAG,
                  "use_regex",
                  Field.FLAG)),
          Map.entry(
              "Metaspace",
              Map.of(
                  "replacement",
                  Field.CHARACTER,
                  "str_rep",
                  Field.TEXT,
                  "prepend_scheme",
                  Field.SCHEME,
                  "add_prefix_space",
                  Field.FLAG,
                  "split",
                  Field.FLAG)),
          Map.entry(
              "Split",
              Map.of("pattern", Field.PATTERN, "behavior", Field.BEHAVIOR, "invert", Field.FLAG)),
          Map.entry("Digits", Map.of("individual_digits", Field.FLAG)),
          Map.entry("Punctuation", Map.of("behavior", Field.BEHAVIOR)),
          Map.entry("Whitespace", Map.of()),
          Map.entry("WhitespaceSplit", Map.of()));

  private LibraryJson() {}

  /**
   * The library's file.
   *
   * @param json a {@code tokenizer.json}
   * @param keepToken which added tokens the library shall find in texts
   * @throws IllegalArgumentException if something is not known or not sound
   */
  static ObjectNode of(JsonNode json, Predicate<JsonNode> keepToken) {
    ObjectNode out = JsonNodeFactory.instance.objectNode().put("version", "1.0");
    ArrayNode tokens = out.putArray("added_tokens");
    for (JsonNode token : json.path("added_tokens")) {
      if (keepToken.test(token)) {
        tokens.add(addedToken(token));
      }
    }
    out.set("normalizer", part(json.path("normalizer"), "normalizer", NORMALIZERS));
    out.set("pre_tokenizer", part(json.path("pre_tokenizer"), "pre-tokenizer", PRE_TOKENIZERS));
    out.set("model", LibraryModelJson.of(json.path("model"), tokens));
    return out;
  }

  private static ObjectNode addedToken(JsonNode token) {
    String content = token.path("content").asText();
    if (content.isEmpty()) {
      throw new IllegalArgumentException("an added token has no content: " + token);
    }
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("id", token.path("id").asInt()).put("content", content);
    for (String flag : Set.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
      out.put(flag, token.path(flag).asBoolean());
    }
    return out;
  }

  private static JsonNode part(JsonNode part, String kind, Map<String, Map<String, Field>> known) {
    if (part.isNull() || part.isMissingNode()) {
      return JsonNodeFactory.instance.nullNode();
    }
    String type = part.path("type").asText("none");
    Map<String, Field> fields = known.get(type);
    if (fields == null) {
      throw new IllegalArgumentException(
          kind + " " + type + " is not supported; supported are " + new TreeSet<>(known.keySet()));
    }
    ObjectNode out = JsonNodeFactory.instance.objectNode().put("type", type);
    for (Map.Entry<String, JsonNode> property : part.properties()) {
      Field field = fields.get(property.getKey());
      JsonNode value = property.getValue();
      if (property.getKey().equals("type") || (field != null && value.isNull())) {
        continue;
      }
      if (field == null || !field.accepts(value)) {
        throw new IllegalArgumentException(
            kind + " " + type + " has " + property.getKey() + " " + value + ", not supported");
      }
      out.set(property.getKey(), field == Field.PARTS ? parts(value, kind, known) : value);
    }
    return out;
  }

  private static ArrayNode parts(
      JsonNode parts, String kind, Map<String, Map<String, Field>> known) {
    ArrayNode out = JsonNodeFactory.instance.arrayNode();
    parts.forEach(part -> out.add(part(part, kind, known)));
    return out;
  }

  /** A text that is not empty, or an expression that cannot take long. */
  private static boolean isPattern(JsonNode pattern) {
    if (pattern.size() != 1) {
      return false;
    }
    if (pattern.path("Regex").isTextual()) {
      return !LinearPattern.require(pattern.path("Regex").textValue()).isEmpty();
    }
    return !pattern.path("String").asText().isEmpty();
  }
}
