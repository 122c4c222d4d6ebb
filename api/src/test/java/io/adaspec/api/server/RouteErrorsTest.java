package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.actors.EngineFailedException;
import io.adaspec.actors.FailureReason;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.RequestRefusedException;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.text.ChatTemplateException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Status codes, error objects and retry advice. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RouteErrorsTest {
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.scripted(RouteErrorsTest::script);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** Fails in the way that the prompt names. */
  private static Source<TokenEvent, NotUsed> script(InferenceRequest request) {
    String prompt = new LetterTokenizer().decode(request.prompt().toArray());
    return Source.failed(
        switch (prompt) {
          case "crash" -> new IllegalStateException("secret detail");
          case "engine" -> new EngineFailedException("the device is lost");
          case "shutdown" ->
              new EngineFailedException(FailureReason.SHUTDOWN, "the engine has stopped");
          case "lost" ->
              new RequestRefusedException(
                  new Refusal(
                      Refusal.Reason.NO_DEVICE, "all are lost", Duration.ZERO, Duration.ZERO));
          case "template" ->
              new ChatTemplateException(
                  ChatTemplateException.Reason.REFUSED, "roles must alternate");
          default ->
              new RequestRefusedException(
                  new Refusal(
                      Refusal.Reason.valueOf(prompt),
                      "no room",
                      Duration.ofSeconds(3),
                      Duration.ofMillis(1200)));
        });
  }

  @ParameterizedTest
  @CsvSource({
    "NEVER_FITS, 400, context_length_exceeded, ''",
    "QUEUE_FULL, 503, queue_full, true",
    "TOO_LATE, 503, slo_not_attainable, true",
    "DRAINING, 503, shutting_down, true",
    "NO_DEVICE, 503, not_ready, true",
    "DUPLICATE_ID, 409, duplicate_request, false",
    "crash, 500, internal_error, false",
    "engine, 500, internal_error, false",
    "template, 400, invalid_value, ''"
  })
  void failuresHaveTheirStatusWholeAndStreamed(String prompt, int status, String code, String retry)
      throws Exception {
    for (boolean stream : List.of(true, false)) {
      HttpResponse<String> response =
          server.caller.post(
              "/v1/completions", "{\"prompt\":\"" + prompt + "\",\"stream\":" + stream + "}");
      assertThat(response.statusCode()).isEqualTo(status);
      JsonNode error = Caller.json(response).path("error");
      assertThat(error.path("code").asText()).isEqualTo(code);
      assertThat(error.path("message").asText()).isNotBlank().doesNotContain("secret");
      assertThat(response.headers().firstValue("x-should-retry").orElse("")).isEqualTo(retry);
      assertThat(response.headers().firstValue("retry-after").orElse(""))
          .isEqualTo(retry.equals("true") ? "2" : "");
      assertThat(response.headers().firstValue("retry-after-ms").orElse(""))
          .isEqualTo(retry.equals("true") ? "1200" : "");
    }
  }

  @Test
  void clientsHearWhetherARetryHelps() throws Exception {
    HttpResponse<String> interrupted =
        server.caller.post("/v1/completions", "{\"prompt\":\"shutdown\"}");
    assertThat(interrupted.statusCode()).isEqualTo(503);
    assertThat(interrupted.headers().firstValue("x-should-retry")).contains("true");
    assertThat(interrupted.headers().firstValue("retry-after")).contains("2");

    HttpResponse<String> lost = server.caller.post("/v1/completions", "{\"prompt\":\"lost\"}");
    assertThat(lost.statusCode()).isEqualTo(503);
    assertThat(lost.headers().firstValue("x-should-retry")).contains("false");
    assertThat(lost.headers().firstValue("retry-after")).isEmpty();
  }

  @Test
  void unknownPathsAndMethodsAreToldApart() throws Exception {
    HttpResponse<String> nothing = server.caller.get("/v1/nothing");
    assertThat(nothing.statusCode()).isEqualTo(404);
    assertThat(Caller.json(nothing).at("/error/code").asText()).isEqualTo("not_found");

    HttpResponse<String> wrongMethod = server.caller.get("/v1/completions");
    assertThat(wrongMethod.statusCode()).isEqualTo(405);
    assertThat(wrongMethod.headers().firstValue("allow")).contains("POST");

    HttpResponse<String> delete = server.caller.send(server.caller.request("/v1/models").DELETE());
    assertThat(delete.statusCode()).isEqualTo(405);
    assertThat(delete.headers().firstValue("allow")).contains("GET");
  }

  @Test
  void onlyJsonIsRead() throws Exception {
    for (String type : List.of("text/plain", "application/x-www-form-urlencoded")) {
      HttpResponse<String> response =
          server.caller.send(
              server
                  .caller
                  .request("/v1/completions", "Content-Type", type)
                  .POST(BodyPublishers.ofString("{\"prompt\":\"a\"}")));
      assertThat(response.statusCode()).isEqualTo(415);
    }
    HttpResponse<String> withCharset =
        server.caller.send(
            server
                .caller
                .request("/tokenize", "Content-Type", "application/json; charset=utf-8")
                .POST(BodyPublishers.ofString("{\"prompt\":\"a\"}")));
    assertThat(withCharset.statusCode()).isEqualTo(200);
  }

  @Test
  void everyAnswerNamesItsRequest() throws Exception {
    String first = server.caller.get("/v1/models").headers().firstValue("x-request-id").orElse("");
    String second = server.caller.get("/nothing").headers().firstValue("x-request-id").orElse("");
    assertThat(first).startsWith("req-").isNotEqualTo(second);
    assertThat(second).startsWith("req-");
  }

  @Test
  void headAnswersWithoutABody() throws Exception {
    HttpResponse<String> response =
        server.caller.send(
            server.caller.request("/v1/models").method("HEAD", BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
  }
}
