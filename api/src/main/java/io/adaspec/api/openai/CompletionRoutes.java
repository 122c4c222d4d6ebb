package io.adaspec.api.openai;

import io.adaspec.api.http.Bodies;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Route;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code POST /v1/completions}. */
public final class CompletionRoutes {
  private final RequestFactory requests;
  private final GenerationLimits limits;
  private final CompletionAnswers answers;
  private final Bodies bodies;
  private final AnswerIds ids;
  private final InstantSource time;

  CompletionRoutes(
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
    return List.of(Route.of("POST", "/v1/completions", this::complete));
  }

  private CompletionStage<HttpResponse> complete(Exchange exchange) {
    return bodies.json(
        exchange.request(),
        body ->
            run(
                CompletionRequest.read(
                    body, limits, exchange.allowance().rights(), requests.model().sampling()),
                exchange));
  }

  private CompletionStage<HttpResponse> run(CompletionRequest request, Exchange exchange) {
    requests.checkModel(request.model());
    String id = ids.next("cmpl-");
    List<int[]> prompts = request.prompts().stream().map(requests::tokens).toList();
    List<InferenceRequest> inference =
        requests.create(
            id,
            prompts,
            request.choices(),
            request.maxTokens(),
            Endpoint.COMPLETIONS,
            request.options(),
            exchange);
    AnswerHead head =
        new AnswerHead(
            id,
            time.instant().getEpochSecond(),
            requests.model().name(),
            request.options().tier(),
            AnswerShape.COMPLETION,
            request.choices(),
            inference.stream().map(each -> echo(request, each)).toList());
    return answers.answer(head, request.streaming(), inference, exchange);
  }

  private String echo(CompletionRequest request, InferenceRequest inference) {
    return request.echo() ? requests.model().tokenizer().decode(inference.prompt().toArray()) : "";
  }
}
