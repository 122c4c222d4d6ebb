package io.adaspec.api.responses;

import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.Principal;
import io.adaspec.api.openai.AnswerIds;
import io.adaspec.api.openai.Endpoint;
import io.adaspec.api.openai.RequestFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Prepares turns and keeps finished ones, so that others can continue them. Thread-safe. */
final class ResponseTurns {
  private final RequestFactory requests;
  private final ResponseStore store;
  private final AnswerIds ids = new AnswerIds();
  private final InstantSource time;

  ResponseTurns(RequestFactory requests, ResponseStore store, InstantSource time) {
    this.requests = requests;
    this.store = store;
    this.time = time;
  }

  /** Reads the fields of a request. */
  ResponsesRequest read(JsonFields fields, Exchange exchange) {
    return ResponsesRequest.read(
        fields, exchange.allowance().rights(), requests.model().sampling());
  }

  /**
   * Checks a request, finds what it continues, and builds the prompt.
   *
   * @param socket owner of the turns that only this connection may continue
   */
  ResponseTurn prepare(ResponsesRequest request, Exchange exchange, Optional<Principal> socket) {
    requests.checkModel(request.model());
    List<Map<String, Object>> conversation = new ArrayList<>();
    request
        .previousId()
        .ifPresent(previous -> conversation.addAll(earlier(previous, exchange, socket)));
    conversation.addAll(request.input());
    List<Map<String, Object>> prompted = new ArrayList<>(conversation);
    request
        .instructions()
        .ifPresent(text -> prompted.addFirst(Map.of("role", "system", "content", text)));
    String id = ids.next("resp_");
    return new ResponseTurn(
        id,
        time.instant().getEpochSecond(),
        requests.model().name(),
        request,
        List.copyOf(conversation),
        requests
            .create(
                id,
                List.of(requests.conversationOrText(prompted)),
                1,
                request.maxOutputTokens(),
                Endpoint.RESPONSES,
                request.options(),
                exchange)
            .getFirst());
  }

  /** Keeps a turn with its output; for its own socket alone if its client does not want more. */
  void finished(ResponseTurn turn, String output, Exchange exchange, Optional<Principal> socket) {
    List<Map<String, Object>> whole = new ArrayList<>(turn.conversation());
    whole.add(Map.of("role", "assistant", "content", output));
    if (turn.request().store()) {
      store.put(turn.id(), exchange.principal(), whole);
    } else {
      socket.ifPresent(own -> store.put(turn.id(), own, whole));
    }
  }

  /** The socket has closed. */
  void forget(Principal socket) {
    store.forget(socket);
  }

  private List<Map<String, Object>> earlier(
      String id, Exchange exchange, Optional<Principal> socket) {
    return socket
        .flatMap(own -> store.get(id, own))
        .or(() -> store.get(id, exchange.principal()))
        .orElseThrow(
            () ->
                new ApiException(
                    new ApiError(
                        404,
                        "invalid_request_error",
                        "the previous response is not known (any more); send the whole"
                            + " conversation instead",
                        Optional.of("previous_response_id"),
                        Optional.of("previous_response_not_found"),
                        Optional.empty(),
                        false)));
  }
}
