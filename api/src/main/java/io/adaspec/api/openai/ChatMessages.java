package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.http.JsonFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads conversations of text. */
public final class ChatMessages {
  private static final List<String> ROLES = List.of("system", "developer", "user", "assistant");
  private static final List<String> TEXT_PARTS = List.of("text", "input_text", "output_text");

  private static final int MAX_NAME_LENGTH = 64;

  private ChatMessages() {}

  static List<Map<String, Object>> read(JsonFields fields) {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (JsonFields message : fields.requiredObjects("messages")) {
      messages.add(message(message));
    }
    return List.copyOf(messages);
  }

  /** One message with a role and text content, as chat templates take it. */
  public static Map<String, Object> message(JsonFields message) {
    String role = message.requiredText("role");
    if (role.equals("tool") || role.equals("function")) {
      throw message.unsupported("role", "is '" + role + "', but tools are not supported");
    }
    if (!ROLES.contains(role)) {
      throw message.invalid("role", "must be one of " + String.join(", ", ROLES));
    }
    for (String field : List.of("tool_calls", "function_call", "audio", "prefix")) {
      if (message.raw(field).filter(value -> !NeutralValue.asksForNothing(value)).isPresent()) {
        throw message.unsupported(field, "is not supported");
      }
    }
    Map<String, Object> result = new LinkedHashMap<>();
    // Templates know the role by its first name only.
    result.put("role", role.equals("developer") ? "system" : role);
    result.put("content", content(message));
    name(message).ifPresent(name -> result.put("name", name));
    return result;
  }

  private static Optional<String> name(JsonFields message) {
    Optional<String> name = message.text("name");
    if (name.isPresent() && name.get().length() > MAX_NAME_LENGTH) {
      throw message.invalid("name", "must have at most " + MAX_NAME_LENGTH + " characters");
    }
    return name;
  }

  private static String content(JsonFields message) {
    JsonNode content = message.raw("content").orElseThrow(() -> message.missing("content"));
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray()) {
      throw message.wrongType("content", "a string or a list of text parts", content);
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      String type = part.path("type").asText("");
      if (!TEXT_PARTS.contains(type) || !part.path("text").isTextual()) {
        throw message.unsupported(
            "content", "has a part of type '" + shorten(type) + "'; only text is supported");
      }
      text.append(part.get("text").textValue());
    }
    return text.toString();
  }

  private static String shorten(String type) {
    return type.length() <= 32 ? type : type.substring(0, 32);
  }
}
