package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.KeyRights;
import io.adaspec.runtime.request.SamplingDefaults;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A request to {@code /v1/chat/completions}.
 *
 * @param model as asked for; empty for the served one
 * @param messages for the chat template
 * @param templateArguments further variables of the chat template
 * @param choices outputs
 * @param maxTokens output limit; the rest of the context without one
 * @param streaming whether and how to stream
 * @param options how to generate
 */
record ChatRequest(
    Optional<String> model,
    List<Map<String, Object>> messages,
    Map<String, Object> templateArguments,
    int choices,
    OptionalInt maxTokens,
    StreamOptions streaming,
    GenerationOptions options) {

  /** Reads and checks a request. */
  static ChatRequest read(
      ObjectNode body, GenerationLimits limits, KeyRights rights, SamplingDefaults defaults) {
    JsonFields fields = JsonFields.of(body);
    if (fields.flag("logprobs", false)) {
      throw fields.unsupported("logprobs", "is not supported; leave it out");
    }
    int choices = fields.integer("n", 1, limits.maxChoices()).orElse(1);
    limits.checkChoices(fields, 1, choices);
    return new ChatRequest(
        fields.text("model"),
        ChatMessages.read(fields),
        TemplateArguments.read(fields),
        choices,
        maxTokens(fields),
        StreamOptions.read(fields),
        GenerationOptions.read(fields, Endpoint.CHAT, rights, defaults));
  }

  private static OptionalInt maxTokens(JsonFields fields) {
    OptionalInt current = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    OptionalInt former = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    if (current.isPresent() && former.isPresent() && !current.equals(former)) {
      throw fields.invalid("max_tokens", "differs from max_completion_tokens; give only one");
    }
    return current.isPresent() ? current : former;
  }
}
