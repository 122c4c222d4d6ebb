package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.Answers;
import io.adaspec.api.http.Bodies;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Json;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.Route;
import io.adaspec.runtime.text.Tokenizer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * {@code POST /tokenize} and {@code POST /detokenize}. The text is called {@code prompt} or {@code
 * content}, as different clients have it; a conversation comes as {@code messages}.
 */
public final class TokenizeRoutes {
  private final RequestFactory requests;
  private final Bodies bodies;

  TokenizeRoutes(RequestFactory requests, Bodies bodies) {
    this.requests = requests;
    this.bodies = bodies;
  }

  List<Route> routes() {
    return List.of(
        Route.of("POST", "/tokenize", this::tokenize),
        Route.of("POST", "/detokenize", this::detokenize));
  }

  private CompletionStage<HttpResponse> tokenize(Exchange exchange) {
    return bodies.json(
        exchange.request(),
        body -> CompletableFuture.completedStage(Answers.json(tokens(JsonFields.of(body)))));
  }

  private CompletionStage<HttpResponse> detokenize(Exchange exchange) {
    return bodies.json(
        exchange.request(),
        body -> CompletableFuture.completedStage(Answers.json(text(JsonFields.of(body)))));
  }

  private ObjectNode tokens(JsonFields fields) {
    UnsupportedFields.refuse(fields, Endpoint.TOKENIZE);
    requests.checkModel(fields.text("model"));
    int[] ids = fields.has("messages") ? conversation(fields) : plain(fields);
    Tokenizer tokenizer = requests.model().tokenizer();
    ObjectNode answer = Json.object().put("count", ids.length);
    answer.put("max_model_len", requests.model().contextTokens());
    ArrayNode tokens = answer.putArray("tokens");
    for (int id : ids) {
      tokens.add(id);
    }
    if (fields.flag("return_token_strs", false)) {
      ArrayNode names = answer.putArray("token_strs");
      for (int id : ids) {
        names.add(tokenizer.tokenName(id));
      }
    }
    return answer;
  }

  private int[] conversation(JsonFields fields) {
    return requests.conversation(ChatMessages.read(fields), TemplateArguments.read(fields));
  }

  private int[] plain(JsonFields fields) {
    String text =
        fields
            .text("prompt")
            .or(() -> fields.text("content"))
            .orElseThrow(() -> fields.missing("prompt"));
    boolean addSpecial =
        fields.has("add_special")
            ? fields.flag("add_special", false)
            : fields.flag("add_special_tokens", !fields.has("content"));
    return requests
        .model()
        .tokenizer()
        .encode(text, addSpecial, fields.flag("parse_special", true));
  }

  private ObjectNode text(JsonFields fields) {
    UnsupportedFields.refuse(fields, Endpoint.DETOKENIZE);
    requests.checkModel(fields.text("model"));
    Tokenizer tokenizer = requests.model().tokenizer();
    List<JsonNode> tokens = fields.array("tokens").orElseThrow(() -> fields.missing("tokens"));
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = tokens.get(i);
      boolean known =
          id.isIntegralNumber()
              && id.canConvertToInt()
              && id.intValue() >= 0
              && id.intValue() < tokenizer.vocabularySize();
      if (!known) {
        throw fields.invalid(
            "tokens",
            "holds something at place "
                + i
                + " that is not a token id below "
                + tokenizer.vocabularySize());
      }
      ids[i] = id.intValue();
    }
    String text = tokenizer.decode(ids);
    return Json.object().put("prompt", text).put("content", text);
  }
}
