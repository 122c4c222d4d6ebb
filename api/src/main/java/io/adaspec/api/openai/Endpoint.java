package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A place that takes requests.
 *
 * @param promptField the field that becomes the prompt; empty if there is no output
 * @param outputLimit the field that limits the output here; empty if there is no output
 * @param defaultOutputTokens the output limit of requests that give none, within the context
 * @param foreign fields that mean something elsewhere only, with the values that ask for nothing
 */
public record Endpoint(
    String promptField,
    String outputLimit,
    int defaultOutputTokens,
    Map<String, Predicate<JsonNode>> foreign) {

  /** The output limit that clients of completions expect when they give none. */
  private static final int COMPLETION_TOKENS = 16;

  public static final Endpoint COMPLETIONS =
      new Endpoint(
          "prompt",
          "max_tokens",
          COMPLETION_TOKENS,
          Map.of(
              "add_special_tokens", NeutralValue::isTrue,
              "chat_template_kwargs", NeutralValue::isEmpty,
              "input", NeutralValue::never,
              "instructions", NeutralValue::never,
              "max_completion_tokens", NeutralValue::never,
              "max_output_tokens", NeutralValue::never,
              "messages", NeutralValue::never,
              "previous_response_id", NeutralValue::never));

  public static final Endpoint CHAT =
      new Endpoint(
          "messages",
          "max_completion_tokens",
          Integer.MAX_VALUE,
          Map.of(
              "add_special_tokens", NeutralValue::isFalse,
              "echo", NeutralValue::isFalse,
              "input", NeutralValue::never,
              "instructions", NeutralValue::never,
              "max_output_tokens", NeutralValue::never,
              "previous_response_id", NeutralValue::never,
              "prompt", NeutralValue::never));

  /** Here {@code prompt} is one of OpenAI's stored prompts, an object with an id. */
  public static final Endpoint RESPONSES =
      new Endpoint(
          "input",
          "max_output_tokens",
          Integer.MAX_VALUE,
          Map.of(
              "add_special_tokens", NeutralValue::isFalse,
              "chat_template_kwargs", NeutralValue::isEmpty,
              "echo", NeutralValue::isFalse,
              "logprobs", NeutralValue::isFalse,
              "max_completion_tokens", NeutralValue::never,
              "max_tokens", NeutralValue::never,
              "messages", NeutralValue::never,
              "n", NeutralValue.number(1),
              "prompt", NeutralValue::never));

  public static final Endpoint TOKENIZE =
      new Endpoint(
          "",
          "",
          0,
          Map.of("return_tokens", NeutralValue::isTrue, "with_pieces", NeutralValue::isFalse));

  public static final Endpoint DETOKENIZE =
      new Endpoint("", "", 0, Map.of("chat_template_kwargs", NeutralValue::isEmpty));

  public Endpoint {
    foreign = Map.copyOf(foreign);
  }

  /** The values of a field that ask for nothing here, if the field belongs elsewhere. */
  Optional<Predicate<JsonNode>> neutral(String field) {
    return Optional.ofNullable(foreign.get(field));
  }

  /** What to do instead of giving a field. */
  String remedy(String field) {
    if (outputLimit.isEmpty()) {
      return "leave it out";
    }
    if (UnsupportedFields.OUTPUT_LIMITS.contains(field)) {
      return "use '" + outputLimit + "'";
    }
    return field.equals("repeat_penalty")
        ? "use 'repetition_penalty', which counts the whole text, or leave it out"
        : "leave it out";
  }
}
