package io.adaspec.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The {@code model} part of {@link LibraryJson}: vocabulary and merges, checked. */
final class LibraryModelJson {
  /** Fields that would make tokens depend on chance or on rules that are not computed here. */
  private static final List<String> UNSUPPORTED =
      List.of("dropout", "continuing_subword_prefix", "end_of_word_suffix");

  private static final List<String> FLAGS = List.of("fuse_unk", "byte_fallback", "ignore_merges");

  private LibraryModelJson() {}

  /**
   * The model.
   *
   * @param addedTokens the tokens that the library shall find in texts
   */
  static ObjectNode of(JsonNode model, ArrayNode addedTokens) {
    String type = model.path("type").asText("none");
    return switch (type) {
      case "BPE" -> bytePairs(model, addedTokens);
      case "Unigram" -> unigram(model, addedTokens);
      default ->
          throw new IllegalArgumentException(
              "tokenizer model " + type + " is not supported; supported are BPE and Unigram");
    };
  }

  private static ObjectNode bytePairs(JsonNode model, ArrayNode addedTokens) {
    for (String field : UNSUPPORTED) {
      JsonNode value = model.path(field);
      boolean unset = value.isMissingNode() || value.isNull() || value.asText().isEmpty();
      if (!unset && value.asDouble(1) != 0) {
        throw new IllegalArgumentException(
            "the tokenizer model has " + field + " " + value + ", which is not supported");
      }
    }
    ObjectNode vocabulary = vocabulary(model.path("vocab"), addedTokens);
    ObjectNode out = JsonNodeFactory.instance.objectNode().put("type", "BPE");
    JsonNode unknown = model.path("unk_token");
    if (unknown.isTextual()) {
      if (!vocabulary.has(unknown.textValue())) {
        throw new IllegalArgumentException(
            "unk_token " + unknown + " is not in the tokenizer model's vocabulary");
      }
      out.set("unk_token", unknown);
    }
    for (String flag : FLAGS) {
      out.put(flag, model.path(flag).asBoolean());
    }
    out.set("vocab", vocabulary);
    out.set("merges", merges(model.path("merges")));
    return out;
  }

  /**
   * The vocabulary with the added tokens in it: the library numbers tokens that it does not find
   * there by their order, whatever ids the file gives them.
   */
  private static ObjectNode vocabulary(JsonNode vocabulary, ArrayNode addedTokens) {
    if (!(vocabulary instanceof ObjectNode tokens)) {
      throw new IllegalArgumentException("the tokenizer model has no vocab object");
    }
    ObjectNode all = JsonNodeFactory.instance.objectNode().setAll(tokens);
    for (JsonNode token : addedTokens) {
      if (!all.has(token.path("content").textValue())) {
        all.set(token.path("content").textValue(), token.path("id"));
      }
    }
    return all;
  }

  /** Merges are written as "left right" or as pairs. */
  private static ArrayNode merges(JsonNode merges) {
    ArrayNode out = JsonNodeFactory.instance.arrayNode(merges.size());
    for (JsonNode merge : merges) {
      boolean pair =
          merge.isArray()
              && merge.size() == 2
              && merge.path(0).isTextual()
              && merge.path(1).isTextual();
      if (!pair && !merge.isTextual()) {
        throw new IllegalArgumentException("a merge is " + merge + ", not two tokens");
      }
      out.add(merge);
    }
    return out;
  }

  private static ObjectNode unigram(JsonNode model, ArrayNode addedTokens) {
    ObjectNode out = JsonNodeFactory.instance.objectNode().put("type", "Unigram");
    ArrayNode vocabulary = out.putArray("vocab");
    for (JsonNode piece : model.path("vocab")) {
      boolean sound =
          piece.size() == 2
              && piece.path(0).isTextual()
              && !piece.path(0).textValue().isEmpty()
              && piece.path(1).isNumber()
              && Double.isFinite(piece.path(1).doubleValue());
      if (!sound) {
        throw new IllegalArgumentException("a piece is " + piece + ", not a text and a score");
      }
      vocabulary.add(piece);
    }
    for (JsonNode token : addedTokens) {
      if (!vocabulary.path(token.path("id").asInt()).path(0).equals(token.path("content"))) {
        throw new IllegalArgumentException(
            "added token " + token.path("content") + " is not in the vocabulary at its id");
      }
    }
    int unknown = model.path("unk_id").asInt(-1);
    if (unknown < 0 || unknown >= vocabulary.size()) {
      throw new IllegalArgumentException(
          "unk_id is " + model.path("unk_id") + ", not a token of the " + vocabulary.size());
    }
    return out.put("unk_id", unknown).put("byte_fallback", model.path("byte_fallback").asBoolean());
  }
}
