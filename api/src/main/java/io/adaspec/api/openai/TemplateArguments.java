package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.http.JsonFields;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads {@code chat_template_kwargs}, as vLLM, SGLang and llama.cpp call them: variables of the
 * model's chat template, such as {@code enable_thinking} of Qwen3. They are texts, numbers and
 * truth values; a template ignores those that it does not know.
 */
final class TemplateArguments {
  private static final String FIELD = "chat_template_kwargs";
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");

  /** What the server gives by itself or does not support. */
  private static final Set<String> RESERVED =
      Set.of(
          "messages",
          "tools",
          "documents",
          "add_generation_prompt",
          "continue_final_message",
          "bos_token",
          "eos_token");

  private TemplateArguments() {}

  /** The variables of a request, null counting as not given. */
  static Map<String, Object> read(JsonFields fields) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    fields
        .object(FIELD)
        .ifPresent(
            given -> {
              for (Map.Entry<String, JsonNode> argument : given.node().properties()) {
                if (!NAME.matcher(argument.getKey()).matches()) {
                  throw fields.invalid(
                      FIELD,
                      "has a name that is not a letter followed by at most 63 letters, digits or"
                          + " '_'");
                }
                if (!argument.getValue().isNull()) {
                  arguments.put(argument.getKey(), value(given, argument.getKey()));
                }
              }
            });
    return Map.copyOf(arguments);
  }

  private static Object value(JsonFields arguments, String name) {
    if (RESERVED.contains(name)) {
      throw arguments.unsupported(name, "cannot be given to the chat template; leave it out");
    }
    JsonNode value = arguments.node().get(name);
    return switch (value.getNodeType()) {
      case BOOLEAN -> value.booleanValue();
      case STRING -> value.textValue();
      case NUMBER -> number(arguments, name, value);
      default -> throw arguments.wrongType(name, "true, false, a number or a string", value);
    };
  }

  private static Object number(JsonFields arguments, String name, JsonNode value) {
    if (!value.isIntegralNumber()) {
      return value.doubleValue();
    }
    if (!value.canConvertToLong()) {
      throw arguments.invalid(name, "must be a number of at most 64 bits");
    }
    return value.longValue();
  }
}
