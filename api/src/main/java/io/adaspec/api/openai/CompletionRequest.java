package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.KeyRights;
import io.adaspec.runtime.request.SamplingDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A request to {@code /v1/completions}.
 *
 * @param model as asked for; empty for the served one
 * @param prompts one or more, each as text or as token ids
 * @param choices outputs of each prompt
 * @param maxTokens output limit
 * @param echo whether each output starts with its prompt
 * @param streaming whether and how to stream
 * @param options how to generate
 */
record CompletionRequest(
    Optional<String> model,
    List<Prompt> prompts,
    int choices,
    OptionalInt maxTokens,
    boolean echo,
    StreamOptions streaming,
    GenerationOptions options) {

  /** Reads and checks a request. */
  static CompletionRequest read(
      ObjectNode body, GenerationLimits limits, KeyRights rights, SamplingDefaults defaults) {
    JsonFields fields = JsonFields.of(body);
    if (fields.has("logprobs")) {
      throw fields.unsupported("logprobs", "is not supported; leave it out");
    }
    List<Prompt> prompts = prompts(fields);
    int choices = fields.integer("n", 1, limits.maxChoices()).orElse(1);
    limits.checkChoices(fields, prompts.size(), choices);
    return new CompletionRequest(
        fields.text("model"),
        prompts,
        choices,
        fields.integer("max_tokens", 1, Integer.MAX_VALUE),
        fields.flag("echo", false),
        StreamOptions.read(fields),
        GenerationOptions.read(fields, Endpoint.COMPLETIONS, rights, defaults));
  }

  private static List<Prompt> prompts(JsonFields fields) {
    JsonNode prompt = fields.raw("prompt").orElseThrow(() -> fields.missing("prompt"));
    if (prompt.isTextual()) {
      return List.of(new Prompt.Text(nonEmpty(fields, prompt)));
    }
    if (!prompt.isArray()) {
      throw fields.wrongType("prompt", "a string, a list of strings or token ids", prompt);
    }
    if (prompt.isEmpty()) {
      throw fields.invalid("prompt", "must not be empty");
    }
    List<JsonNode> elements = JsonFields.elements(prompt);
    if (elements.getFirst().isNumber()) {
      return List.of(tokens(fields, prompt));
    }
    List<Prompt> prompts = new ArrayList<>();
    for (JsonNode element : elements) {
      prompts.add(
          element.isArray() ? tokens(fields, element) : new Prompt.Text(nonEmpty(fields, element)));
    }
    return List.copyOf(prompts);
  }

  private static String nonEmpty(JsonFields fields, JsonNode text) {
    if (!text.isTextual() || text.textValue().isEmpty()) {
      throw fields.invalid("prompt", "must be a non-empty string, or a list of such or token ids");
    }
    return text.textValue();
  }

  private static Prompt tokens(JsonFields fields, JsonNode ids) {
    int[] tokens = new int[ids.size()];
    for (int i = 0; i < tokens.length; i++) {
      JsonNode id = ids.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
        throw fields.invalid("prompt", "holds something that is not a token id at place " + i);
      }
      tokens[i] = id.intValue();
    }
    if (tokens.length == 0) {
      throw fields.invalid("prompt", "must not be empty");
    }
    return new Prompt.Tokens(tokens);
  }
}
