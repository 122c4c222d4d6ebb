package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.Predicate;

/** Which values of a field that is not supported ask for nothing. */
final class NeutralValue {
  private NeutralValue() {}

  static boolean never(JsonNode value) {
    return false;
  }

  static boolean isFalse(JsonNode value) {
    return value.isBoolean() && !value.booleanValue();
  }

  static boolean isTrue(JsonNode value) {
    return value.isBoolean() && value.booleanValue();
  }

  /** An empty object, array or text. */
  static boolean isEmpty(JsonNode value) {
    return value.isContainerNode()
        ? value.isEmpty()
        : value.isTextual() && value.asText().isEmpty();
  }

  /** False, or nothing inside. */
  static boolean asksForNothing(JsonNode value) {
    return isFalse(value) || isEmpty(value);
  }

  static boolean isNegative(JsonNode value) {
    return value.isNumber() && value.doubleValue() < 0;
  }

  static boolean isZeroOrLess(JsonNode value) {
    return value.isNumber() && value.doubleValue() <= 0;
  }

  static boolean isOneOrLess(JsonNode value) {
    return value.isNumber() && value.doubleValue() <= 1;
  }

  static Predicate<JsonNode> number(double neutral) {
    return value -> value.isNumber() && value.doubleValue() == neutral;
  }

  static Predicate<JsonNode> text(String... neutral) {
    return value -> value.isTextual() && List.of(neutral).contains(value.textValue());
  }

  /** A format object of the type {@code text}. */
  static boolean isTextFormat(JsonNode value) {
    return value.isObject() && value.path("type").asText("").equals("text");
  }

  static boolean isOnlyText(JsonNode value) {
    return value.isArray() && value.size() == 1 && value.get(0).asText("").equals("text");
  }

  /** {@code reasoning} of the Responses protocol: asks for nothing without effort and summary. */
  static boolean isNoReasoning(JsonNode value) {
    return value.isObject()
        && value.path("effort").asText("none").equals("none")
        && !value.hasNonNull("summary")
        && !value.hasNonNull("generate_summary");
  }

  /** {@code text} of the Responses protocol: the plain text format. */
  static boolean isPlainText(JsonNode value) {
    JsonNode format = value.path("format");
    return value.isObject()
        && (format.isMissingNode() || format.isNull() || isTextFormat(format))
        && value.path("verbosity").asText("medium").equals("medium");
  }
}
