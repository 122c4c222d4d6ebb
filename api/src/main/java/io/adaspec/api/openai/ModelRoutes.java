package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.Answers;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Json;
import io.adaspec.api.http.Route;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
public final class ModelRoutes {
  private final RequestFactory requests;

  ModelRoutes(RequestFactory requests) {
    this.requests = requests;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/models", this::list), Route.of("GET", "/v1/models/*", this::get));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    ObjectNode list = Json.object().put("object", "list");
    list.putArray("data").add(describe(requests.model()));
    return CompletableFuture.completedStage(Answers.json(list));
  }

  private CompletionStage<HttpResponse> get(Exchange exchange) {
    // In a path a plus is a plus; the decoder is one of forms.
    String id = exchange.rest().replace("+", "%2B");
    requests.checkModel(Optional.of(URLDecoder.decode(id, StandardCharsets.UTF_8)));
    return CompletableFuture.completedStage(Answers.json(describe(requests.model())));
  }

  private static ObjectNode describe(ServedModel model) {
    return Json.object()
        .put("id", model.name())
        .put("object", "model")
        .put("created", model.createdSeconds())
        .put("owned_by", "adaspec")
        .put("context_length", model.contextTokens())
        .put("max_model_len", model.contextTokens());
  }
}
