package io.adaspec.api.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.Json;
import io.adaspec.runtime.request.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Turns the output of one turn into the events of the Responses protocol, each with its {@code
 * sequence_number}, counted from 0. One per turn; not thread-safe.
 */
final class ResponseEvents {
  private static final Set<String> LAST =
      Set.of("response.completed", "response.incomplete", "response.failed");

  private final ResponseObject response;
  private final Consumer<String> onOutput;
  private final StringBuilder text = new StringBuilder();
  private int sequenceNumber;
  private boolean opened;

  /**
   * Begins a turn.
   *
   * @param onOutput gets the whole text of an output that others may continue
   */
  ResponseEvents(ResponseTurn turn, Consumer<String> onOutput) {
    this.response = new ResponseObject(turn);
    this.onOutput = onOutput;
  }

  /** Whether an event ends its turn. */
  static boolean isLast(ObjectNode event) {
    return LAST.contains(event.path("type").asText());
  }

  /** What is sent when the engine took the request. */
  List<ObjectNode> created() {
    return List.of(
        withResponse("response.created", response.inProgress()),
        withResponse("response.in_progress", response.inProgress()));
  }

  /** The events for one event of the engine; possibly none. */
  List<ObjectNode> encode(TokenEvent event) {
    return switch (event) {
      case TokenEvent.Tokens tokens -> delta(tokens.text());
      case TokenEvent.Finished finished -> finish(finished);
    };
  }

  /** The last event of a turn that failed. */
  ObjectNode failed(ApiError error) {
    return withResponse("response.failed", response.failed(error));
  }

  private List<ObjectNode> delta(String piece) {
    if (piece.isEmpty()) {
      return List.of();
    }
    List<ObjectNode> events = new ArrayList<>(open());
    text.append(piece);
    ObjectNode delta = inPart("response.output_text.delta").put("delta", piece);
    delta.putArray("logprobs");
    events.add(delta);
    return events;
  }

  private List<ObjectNode> open() {
    if (opened) {
      return List.of();
    }
    opened = true;
    ObjectNode added = event("response.output_item.added").put("output_index", 0);
    added.set("item", response.item("in_progress"));
    ObjectNode part = inPart("response.content_part.added");
    part.set("part", response.part(""));
    return List.of(added, part);
  }

  private List<ObjectNode> finish(TokenEvent.Finished finished) {
    List<ObjectNode> events = new ArrayList<>(open());
    String whole = text.toString();
    String status = finished.reason() == FinishReason.STOP ? "completed" : "incomplete";
    ObjectNode done = inPart("response.output_text.done").put("text", whole);
    done.putArray("logprobs");
    ObjectNode partDone = inPart("response.content_part.done");
    partDone.set("part", response.part(whole));
    ObjectNode itemDone = event("response.output_item.done").put("output_index", 0);
    itemDone.set("item", response.item(status, whole));
    events.addAll(List.of(done, partDone, itemDone));
    onOutput.accept(whole);
    events.add(
        status.equals("completed")
            ? withResponse("response.completed", response.completed(whole, finished.summary()))
            : withResponse(
                "response.incomplete",
                response.incomplete(
                    incompleteReason(finished.reason()), whole, finished.summary())));
    return events;
  }

  static String incompleteReason(FinishReason reason) {
    return switch (reason) {
      case LENGTH -> "max_output_tokens";
      case CANCELLED -> "cancelled";
      case SLOW_CONSUMER -> "slow_consumer";
      case STOP, FAILED -> "error";
    };
  }

  private ObjectNode withResponse(String type, ObjectNode body) {
    ObjectNode event = event(type);
    event.set("response", body);
    return event;
  }

  private ObjectNode inPart(String type) {
    return event(type)
        .put("item_id", response.itemId())
        .put("output_index", 0)
        .put("content_index", 0);
  }

  private ObjectNode event(String type) {
    return Json.object().put("type", type).put("sequence_number", sequenceNumber++);
  }
}
