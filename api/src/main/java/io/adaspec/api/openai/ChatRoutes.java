package io.adaspec.api.openai;

import io.adaspec.api.http.Bodies;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Route;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code POST /v1/chat/completions}. */
public final class ChatRoutes {
  private final RequestFactory requests;
  private final GenerationLimits limits;
  private final CompletionAnswers answers;
  private final Bodies bodies;
  private final AnswerIds ids;
  private final InstantSource time;

  ChatRoutes(
      RequestFactory requests,
      GenerationLimits limits,
      CompletionAnswers answers,
      Bodies bodies,
      AnswerIds ids,
      InstantSource time) {
    this.requests = requests;
    this.limits = limits;
    this.answers = answers;
    this.bodies = bodies;
    this.ids = ids;
    this.time = time;
  }

  List<Route> routes() {
    return List.of(Route.of("POST", "/v1/chat/completions", this::chat));
  }

  private CompletionStage<HttpResponse> chat(Exchange exchange) {
    return bodies.json(
        exchange.request(),
        body ->
            run(
                ChatRequest.read(
                    body, limits, exchange.allowance().rights(), requests.model().sampling()),
                exchange));
  }

  private CompletionStage<HttpResponse> run(ChatRequest request, Exchange exchange) {
    requests.checkModel(request.model());
    String id = ids.next("chatcmpl-");
    List<InferenceRequest> inference =
        requests.create(
            id,
            List.of(requests.conversation(request.messages(), request.templateArguments())),
            request.choices(),
            request.maxTokens(),
            Endpoint.CHAT,
            request.options(),
            exchange);
    AnswerHead head =
        new AnswerHead(
            id,
            time.instant().getEpochSecond(),
            requests.model().name(),
            request.options().tier(),
            AnswerShape.CHAT,
            request.choices(),
            Collections.nCopies(inference.size(), ""));
    return answers.answer(head, request.streaming(), inference, exchange);
  }
}
