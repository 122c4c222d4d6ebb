package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.actors.EngineFailedException;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.RequestRefusedException;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SpeculationPreference;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompletionsTest {
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.scripted(CompletionsTest::script);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** What the engine does depends on the prompt's last letter. */
  private static Source<TokenEvent, NotUsed> script(InferenceRequest request) {
    char last = (char) request.prompt().get(request.prompt().size() - 1);
    return switch (last) {
      case '!' ->
          ScriptedEngine.words("a", "b")
              .concat(
                  Source.lazySource(() -> Source.failed(new EngineFailedException("device lost"))));
      case '?' ->
          Source.failed(
              new RequestRefusedException(
                  new Refusal(
                      Refusal.Reason.QUEUE_FULL,
                      "the queue is full",
                      Duration.ofMillis(2500),
                      Duration.ofMillis(2500))));
      default -> ScriptedEngine.saying("Hello", ", ", "world").apply(request);
    };
  }

  @Test
  void answersAtOnce() throws Exception {
    HttpResponse<String> response =
        server.caller.post("/v1/completions", "{\"model\":\"letters\",\"prompt\":\"Hi\"}");
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode body = Caller.json(response);
    assertThat(body.path("object").asText()).isEqualTo("text_completion");
    assertThat(body.path("id").asText()).startsWith("cmpl-");
    assertThat(body.path("choices").get(0).path("text").asText()).isEqualTo("Hello, world");
    assertThat(body.path("choices").get(0).path("finish_reason").asText()).isEqualTo("stop");
    JsonNode usage = body.path("usage");
    assertThat(usage.path("prompt_tokens").asInt()).isEqualTo(3);
    assertThat(usage.path("completion_tokens").asInt()).isEqualTo(3);
    assertThat(usage.at("/completion_tokens_details/accepted_prediction_tokens").asInt())
        .isEqualTo(3);
    assertThat(usage.at("/completion_tokens_details/rejected_prediction_tokens").asInt())
        .isEqualTo(1);
    assertThat(usage.at("/timing/ttft_ms").asDouble()).isEqualTo(5);
    assertThat(usage.at("/timing/tpot_ms").asDouble()).isEqualTo(2);
    assertThat(usage.at("/timing/queue_wait_ms").asDouble()).isEqualTo(1);
    assertThat(usage.at("/speculation/draft_tokens").asInt()).isEqualTo(4);
  }

  @Test
  void streamsChunksWithUsageBeforeTheEnd() throws Exception {
    List<String> events =
        server.caller.events(
            "/v1/completions",
            "{\"prompt\":\"Hi\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    assertThat(events.getLast()).isEqualTo("[DONE]");
    JsonNode usage = Caller.parse(events.get(events.size() - 2));
    assertThat(usage.path("choices").isEmpty()).isTrue();
    assertThat(usage.at("/usage/completion_tokens").asInt()).isEqualTo(3);
    StringBuilder text = new StringBuilder();
    String id = usage.path("id").asText();
    for (String event : events.subList(0, events.size() - 2)) {
      JsonNode chunk = Caller.parse(event);
      assertThat(chunk.path("id").asText()).isEqualTo(id);
      assertThat(chunk.path("object").asText()).isEqualTo("text_completion");
      assertThat(chunk.has("usage") && chunk.path("usage").isNull()).isTrue();
      assertThat(chunk.has("error")).isFalse();
      text.append(chunk.at("/choices/0/text").asText());
    }
    assertThat(text.toString()).isEqualTo("Hello, world");
    JsonNode last = Caller.parse(events.get(events.size() - 3));
    assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void streamHeadersForbidCaching() throws Exception {
    HttpResponse<String> response =
        server.caller.post("/v1/completions", "{\"prompt\":\"Hi\",\"stream\":true}");
    assertThat(response.headers().firstValue("content-type").orElse(""))
        .startsWith("text/event-stream");
    assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
    assertThat(response.body()).doesNotContain("usage");
  }

  @Test
  void failureInMidStreamIsAnErrorEventWithoutTheEndMark() throws Exception {
    List<String> events =
        server.caller.events("/v1/completions", "{\"prompt\":\"Hi!\",\"stream\":true}");
    JsonNode last = Caller.parse(events.getLast());
    assertThat(last.at("/error/message").asText()).contains("device lost");
    assertThat(last.at("/error/type").asText()).isEqualTo("server_error");
    assertThat(events).doesNotContain("[DONE]");
  }

  @Test
  void refusalHasItsStatusAndRetryAdviceStreamedOrNot() throws Exception {
    for (String stream : List.of("true", "false")) {
      HttpResponse<String> response =
          server.caller.post("/v1/completions", "{\"prompt\":\"Hi?\",\"stream\":" + stream + "}");
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.headers().firstValue("retry-after")).contains("3");
      assertThat(response.headers().firstValue("retry-after-ms")).contains("2500");
      assertThat(response.headers().firstValue("x-should-retry")).contains("true");
      assertThat(Caller.json(response).at("/error/code").asText()).isEqualTo("queue_full");
    }
  }

  @Test
  void everyPromptFormWorks() throws Exception {
    for (String prompt : List.of("\"Hi\"", "[\"Hi\",\"Ho\"]", "[72,105]", "[[72],[73,74]]")) {
      HttpResponse<String> response =
          server.caller.post(
              "/v1/completions", "{\"prompt\":" + prompt + ",\"n\":2,\"echo\":true}");
      assertThat(response.statusCode()).as(prompt).isEqualTo(200);
      JsonNode choices = Caller.json(response).path("choices");
      assertThat(choices.size()).isEqualTo(prompt.contains(",\"") || prompt.contains("],") ? 4 : 2);
      assertThat(choices.get(0).path("text").asText()).startsWith("H").endsWith("Hello, world");
      assertThat(choices.get(choices.size() - 1).path("index").asInt())
          .isEqualTo(choices.size() - 1);
    }
  }

  @Test
  void fieldsReachTheEngine() throws Exception {
    HttpResponse<String> response =
        server.caller.post(
            "/v1/completions",
            """
            {"prompt":"fields","max_tokens":7,"temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.1,
             "seed":-9,"stop":["x","yz"],"stop_token_ids":[300],"ignore_eos":true,"service_tier":"flex","user":"u",
             "slo":{"ttft_ms":250,"tpot_ms":20.5},"unknown_field":{"a":[1]},
             "frequency_penalty":0.5,"presence_penalty":-1.5,"repetition_penalty":1.25,"logit_bias":{"50":-100,"7":0.5,"8":0},
             "speculation":{"mode":"auto","max_draft_tokens":3}}\
            """);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(Caller.json(response).path("service_tier").asText()).isEqualTo("flex");
    InferenceRequest request =
        server.script().requests.stream()
            .filter(each -> each.maxOutputTokens() == 7)
            .findFirst()
            .orElseThrow();
    assertThat(request.sampling().seed()).isEqualTo(-9);
    assertThat(request.sampling().topK()).isEqualTo(40);
    assertThat(request.sampling().temperature()).isEqualTo(0.5f);
    assertThat(request.sampling().topP()).isEqualTo(0.9f);
    assertThat(request.sampling().minP()).isEqualTo(0.1f);
    assertThat(request.sampling().penalties())
        .isEqualTo(new Penalties(1.25f, 0.5f, -1.5f, Map.of(50, -100f, 7, 0.5f)));
    assertThat(request.stopStrings()).containsExactly("x", "yz");
    assertThat(request.stopTokens().toArray()).containsExactly(300);
    assertThat(request.serviceClass()).isEqualTo(ServiceClass.BATCH);
    assertThat(request.slo().ttftNanos()).isEqualTo(250_000_000);
    assertThat(request.slo().tpotNanos()).isEqualTo(20_500_000);
    assertThat(request.speculation())
        .isEqualTo(new SpeculationPreference(SpeculationPreference.Mode.AUTO, 3));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/completions      | \"prompt\":\"Hi\"",
        "/v1/chat/completions | \"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]",
        "/v1/responses        | \"input\":\"Hi\""
      })
  void whereTheRequestIsSilentTheModelsMakersAreHeard(String path, String prompt) throws Exception {
    server.script().requests.clear();
    server.caller.post(path, "{" + prompt + ",\"seed\":3}");
    server.caller.post(
        path, "{" + prompt + ",\"seed\":3,\"temperature\":1,\"top_p\":1,\"repetition_penalty\":1}");

    SamplingDefaults makers = TestServer.SAMPLING;
    assertThat(server.script().requests)
        .extracting(InferenceRequest::sampling)
        .containsExactly(
            new SamplingParams(makers.temperature(), makers.topK(), makers.topP(), makers.minP(), 3)
                .with(Penalties.ofRepetition(makers.repetitionPenalty())),
            new SamplingParams(1, makers.topK(), 1, makers.minP(), 3));
  }

  @Test
  void choicesOfOnePromptDifferInTheirSeedsAndCountItOnce() throws Exception {
    server.script().requests.clear();
    HttpResponse<String> response =
        server.caller.post("/v1/completions", "{\"prompt\":\"Hi\",\"n\":3,\"seed\":5}");
    assertThat(server.script().requests.stream().map(each -> each.sampling().seed()))
        .containsExactlyInAnyOrder(5L, 6L, 7L);
    assertThat(Caller.json(response).at("/usage/prompt_tokens").asInt()).isEqualTo(3);
    assertThat(Caller.json(response).at("/usage/completion_tokens").asInt()).isEqualTo(9);
  }
}
