package io.adaspec.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.IntStream;

/**
 * The tokens that the post-processor of a {@code tokenizer.json} puts around a text.
 *
 * @param before ids in front
 * @param after ids behind
 */
@SuppressWarnings("ArrayRecordComponent") // built once, never compared, never handed out
record TextWrapping(int[] before, int[] after) {
  private static final TextWrapping NONE = new TextWrapping(new int[0], new int[0]);

  /**
   * Reads a post-processor.
   *
   * @param postProcessor may be null or missing
   * @throws IllegalArgumentException if it is of an unknown kind or names unknown tokens
   */
  static TextWrapping of(JsonNode postProcessor, TokenTable table) {
    if (postProcessor.isNull() || postProcessor.isMissingNode()) {
      return NONE;
    }
    String type = postProcessor.path("type").asText("none");
    return switch (type) {
      case "ByteLevel" -> NONE;
      case "TemplateProcessing" -> template(postProcessor, table);
      case "BertProcessing", "RobertaProcessing" ->
          new TextWrapping(
              ids(postProcessor.path("cls").path(1), table),
              ids(postProcessor.path("sep").path(1), table));
      case "Sequence" -> {
        TextWrapping all = NONE;
        for (JsonNode inner : postProcessor.path("processors")) {
          all = all.within(of(inner, table));
        }
        yield all;
      }
      default ->
          throw new IllegalArgumentException(
              "post-processor "
                  + type
                  + " is not supported; supported are TemplateProcessing, ByteLevel,"
                  + " BertProcessing, RobertaProcessing and Sequence");
    };
  }

  private static TextWrapping template(JsonNode processor, TokenTable table) {
    int[] before = {};
    int[] after = {};
    int texts = 0;
    for (JsonNode piece : processor.path("single")) {
      if (piece.path("Sequence").path("id").asText().equals("A")) {
        texts++;
        continue;
      }
      String name = piece.path("SpecialToken").path("id").asText();
      int[] ids = ids(processor.path("special_tokens").path(name).path("ids"), table);
      before = texts == 0 ? joined(before, ids) : before;
      after = texts == 0 ? after : joined(after, ids);
    }
    if (texts != 1) {
      throw new IllegalArgumentException(
          "the post-processor's template holds the text " + texts + " times instead of once");
    }
    return new TextWrapping(before, after);
  }

  private TextWrapping within(TextWrapping outer) {
    return new TextWrapping(joined(outer.before, before), joined(after, outer.after));
  }

  private static int[] joined(int[] first, int[] second) {
    return IntStream.concat(IntStream.of(first), IntStream.of(second)).toArray();
  }

  /** An id or a list of ids. */
  private static int[] ids(JsonNode value, TokenTable table) {
    JsonNode[] nodes =
        value.isArray() ? value.valueStream().toArray(JsonNode[]::new) : new JsonNode[] {value};
    int[] ids = new int[nodes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = nodes[i].isIntegralNumber() && nodes[i].canConvertToInt() ? nodes[i].intValue() : -1;
      if (!table.has(ids[i])) {
        throw new IllegalArgumentException(
            "the post-processor adds token " + nodes[i] + ", which the vocabulary does not have");
      }
    }
    return ids;
  }
}
