package io.adaspec.api.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.Json;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.KeyRights;
import io.adaspec.api.openai.ChatMessages;
import io.adaspec.api.openai.Endpoint;
import io.adaspec.api.openai.GenerationOptions;
import io.adaspec.api.openai.StreamOptions;
import io.adaspec.runtime.request.SamplingDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A request of the Responses protocol.
 *
 * @param model as asked for; empty for the served one
 * @param input new messages
 * @param instructions system message of this turn alone
 * @param previousId the answer that this turn continues
 * @param maxOutputTokens output limit; the rest of the context without one
 * @param store whether later turns may continue this one
 * @param stream over HTTP: as server-sent events
 * @param metadata echoed
 * @param options how to generate
 */
record ResponsesRequest(
    Optional<String> model,
    List<Map<String, Object>> input,
    Optional<String> instructions,
    Optional<String> previousId,
    OptionalInt maxOutputTokens,
    boolean store,
    boolean stream,
    ObjectNode metadata,
    GenerationOptions options) {

  static ResponsesRequest read(JsonFields fields, KeyRights rights, SamplingDefaults defaults) {
    fields.object("stream_options").ifPresent(StreamOptions::refuseResponses);
    return new ResponsesRequest(
        fields.text("model"),
        input(fields),
        fields.text("instructions"),
        fields.text("previous_response_id"),
        fields.integer("max_output_tokens", 1, Integer.MAX_VALUE),
        fields.flag("store", true),
        fields.flag("stream", false),
        fields.object("metadata").map(JsonFields::node).orElseGet(Json::object),
        GenerationOptions.read(fields, Endpoint.RESPONSES, rights, defaults));
  }

  private static List<Map<String, Object>> input(JsonFields fields) {
    JsonNode input = fields.raw("input").orElseThrow(() -> fields.missing("input"));
    if (input.isTextual()) {
      if (input.textValue().isEmpty()) {
        throw fields.invalid("input", "must not be empty");
      }
      return List.of(Map.of("role", "user", "content", input.textValue()));
    }
    List<Map<String, Object>> messages = new ArrayList<>();
    for (JsonFields item : fields.requiredObjects("input")) {
      String type = item.text("type").orElse("message");
      if (!type.equals("message")) {
        throw item.unsupported("type", "must be 'message'; other items are not supported");
      }
      messages.add(ChatMessages.message(item));
    }
    return List.copyOf(messages);
  }
}
