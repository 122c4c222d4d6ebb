package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.http.JsonFields;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Known fields that would change the output and are not supported: refused by name unless their
 * value asks for nothing. Fields that nobody knows are ignored, as clients expect.
 */
public final class UnsupportedFields {
  private static final Predicate<JsonNode> ZERO = number(0);
  private static final Predicate<JsonNode> ONE = number(1);

  /** Each field with the values that ask for nothing. */
  private static final Map<String, Predicate<JsonNode>> NEUTRAL =
      Map.ofEntries(
          Map.entry("frequency_penalty", ZERO),
          Map.entry("presence_penalty", ZERO),
          Map.entry("repetition_penalty", ONE),
          Map.entry("repeat_penalty", ONE),
          Map.entry("logit_bias", UnsupportedFields::isEmpty),
          Map.entry("top_logprobs", ZERO),
          Map.entry("prompt_logprobs", UnsupportedFields::never),
          Map.entry("best_of", ONE),
          Map.entry("suffix", value -> value.isTextual() && value.textValue().isEmpty()),
          Map.entry("tools", UnsupportedFields::isEmpty),
          Map.entry("functions", UnsupportedFields::isEmpty),
          Map.entry("function_call", text("none", "auto")),
          Map.entry("tool_choice", text("none", "auto")),
          Map.entry("response_format", textFormat("type")),
          Map.entry("modalities", UnsupportedFields::onlyText),
          Map.entry("audio", UnsupportedFields::never),
          Map.entry("reasoning_effort", text("none")),
          Map.entry("verbosity", text("medium")),
          Map.entry("web_search_options", UnsupportedFields::never),
          Map.entry("min_tokens", ZERO),
          Map.entry("typical_p", ONE),
          Map.entry("mirostat", ZERO),
          Map.entry("use_beam_search", UnsupportedFields::isFalse),
          Map.entry("length_penalty", ONE),
          Map.entry("grammar", text("")),
          Map.entry("json_schema", UnsupportedFields::never),
          Map.entry("guided_json", UnsupportedFields::never),
          Map.entry("guided_regex", UnsupportedFields::never),
          Map.entry("guided_choice", UnsupportedFields::never),
          Map.entry("guided_grammar", UnsupportedFields::never),
          Map.entry("structured_outputs", UnsupportedFields::isEmpty),
          Map.entry("truncate_prompt_tokens", UnsupportedFields::never),
          Map.entry("chat_template", UnsupportedFields::never),
          Map.entry("chat_template_kwargs", UnsupportedFields::isEmpty),
          Map.entry("documents", UnsupportedFields::isEmpty),
          Map.entry("add_generation_prompt", UnsupportedFields::isTrue),
          Map.entry("continue_final_message", UnsupportedFields::isFalse),
          Map.entry("lora", UnsupportedFields::isEmpty),
          Map.entry("background", UnsupportedFields::isFalse),
          Map.entry("generate", UnsupportedFields::isTrue),
          Map.entry("conversation", UnsupportedFields::never),
          Map.entry("prompt_template", UnsupportedFields::never),
          Map.entry("reasoning", UnsupportedFields::noReasoning),
          Map.entry("text", UnsupportedFields::plainText),
          Map.entry("truncation", text("disabled", "auto")),
          Map.entry("context_management", UnsupportedFields::isEmpty),
          Map.entry("include", UnsupportedFields::isEmpty),
          Map.entry("max_tool_calls", UnsupportedFields::never));

  private UnsupportedFields() {}

  /** Refuses the first such field of a request. */
  public static void refuse(JsonFields fields) {
    for (Map.Entry<String, JsonNode> field : fields.node().properties()) {
      Optional<Predicate<JsonNode>> neutral = Optional.ofNullable(NEUTRAL.get(field.getKey()));
      boolean refused =
          neutral.isPresent()
              && !field.getValue().isNull()
              && !neutral.get().test(field.getValue());
      if (refused) {
        throw fields.unsupported(field.getKey(), "is not supported with this value; leave it out");
      }
    }
  }

  private static boolean never(JsonNode value) {
    return false;
  }

  private static boolean isFalse(JsonNode value) {
    return value.isBoolean() && !value.booleanValue();
  }

  private static boolean isTrue(JsonNode value) {
    return value.isBoolean() && value.booleanValue();
  }

  private static boolean isEmpty(JsonNode value) {
    return value.isContainerNode() && value.isEmpty();
  }

  private static Predicate<JsonNode> number(int neutral) {
    return value -> value.isNumber() && value.doubleValue() == neutral;
  }

  private static Predicate<JsonNode> text(String... neutral) {
    return value -> value.isTextual() && List.of(neutral).contains(value.textValue());
  }

  private static Predicate<JsonNode> textFormat(String typeField) {
    return value -> value.isObject() && value.path(typeField).asText("").equals("text");
  }

  private static boolean onlyText(JsonNode value) {
    return value.isArray() && value.size() == 1 && value.get(0).asText("").equals("text");
  }

  /** {@code reasoning} of the Responses protocol: asks for nothing without an effort. */
  private static boolean noReasoning(JsonNode value) {
    return value.isObject() && value.path("effort").asText("none").equals("none");
  }

  /** {@code text} of the Responses protocol: the plain text format. */
  private static boolean plainText(JsonNode value) {
    JsonNode format = value.path("format");
    return value.isObject()
        && (format.isMissingNode() || format.isNull() || textFormat("type").test(format))
        && value.path("verbosity").asText("medium").equals("medium");
  }
}
