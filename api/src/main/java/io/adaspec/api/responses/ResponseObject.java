package io.adaspec.api.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.Json;
import io.adaspec.api.openai.Usage;
import java.time.Duration;

/**
 * The {@code response} object in its states. It has no {@code error} field unless there is an
 * error: clients take the field itself for one.
 */
final class ResponseObject {
  private final ResponseTurn turn;

  ResponseObject(ResponseTurn turn) {
    this.turn = turn;
  }

  /** While it runs. */
  ObjectNode inProgress() {
    ObjectNode response = base("in_progress");
    response.putArray("output");
    return response;
  }

  /** After its regular end. */
  ObjectNode completed(String text, GenerationSummary summary) {
    return ended("completed", text, summary);
  }

  /** After an early end. */
  ObjectNode incomplete(String reason, String text, GenerationSummary summary) {
    ObjectNode response = ended("incomplete", text, summary);
    response.putObject("incomplete_details").put("reason", reason);
    return response;
  }

  /** After a failure. */
  ObjectNode failed(ApiError error) {
    ObjectNode response = inProgress().put("status", "failed");
    ObjectNode details =
        response
            .putObject("error")
            .put("code", error.code().orElse("server_error"))
            .put("message", error.message());
    error
        .retryAfter()
        .map(Duration::toMillis)
        .ifPresent(wait -> details.put("retry_after_ms", wait));
    return response;
  }

  /** The output message. */
  ObjectNode item(String status) {
    ObjectNode item =
        Json.object()
            .put("id", itemId())
            .put("type", "message")
            .put("status", status)
            .put("role", "assistant");
    item.putArray("content");
    return item;
  }

  /** The output message with its text. */
  ObjectNode item(String status, String text) {
    ObjectNode item = item(status);
    item.withArray("content").add(part(text));
    return item;
  }

  /** A text part. */
  ObjectNode part(String text) {
    ObjectNode part = Json.object().put("type", "output_text").put("text", text);
    part.putArray("annotations");
    part.putArray("logprobs");
    return part;
  }

  String itemId() {
    return "msg_" + turn.id().substring("resp_".length());
  }

  private ObjectNode ended(String status, String text, GenerationSummary summary) {
    ObjectNode response = base(status);
    response.putArray("output").add(item(status, text));
    response.set("usage", Usage.responses(summary));
    return response;
  }

  private ObjectNode base(String status) {
    ResponsesRequest request = turn.request();
    ObjectNode response =
        Json.object()
            .put("id", turn.id())
            .put("object", "response")
            .put("created_at", turn.createdSeconds())
            .put("status", status)
            .put("model", turn.modelName())
            .put("service_tier", request.options().tier().wireName())
            .put("store", request.store())
            .put("temperature", request.options().temperature())
            .put("top_p", request.options().topP())
            .put("tool_choice", "auto")
            .put("parallel_tool_calls", false)
            .put("truncation", "disabled")
            .put("background", false);
    response.putArray("tools");
    response.putObject("text").putObject("format").put("type", "text");
    response.set("metadata", request.metadata());
    request
        .instructions()
        .ifPresentOrElse(
            text -> response.put("instructions", text), () -> response.putNull("instructions"));
    request
        .previousId()
        .ifPresentOrElse(
            id -> response.put("previous_response_id", id),
            () -> response.putNull("previous_response_id"));
    if (request.maxOutputTokens().isPresent()) {
      response.put("max_output_tokens", request.maxOutputTokens().getAsInt());
    }
    response.putNull("incomplete_details");
    return response;
  }
}
