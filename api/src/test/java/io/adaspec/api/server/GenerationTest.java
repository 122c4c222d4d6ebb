package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.ServerSettings;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a request asks for is what its text shows, over the real scheduler and its actors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GenerationTest {
  private static final String PATH = "/v1/completions";
  private EngineServer server;

  @BeforeAll
  void start() throws Exception {
    server =
        new EngineServer(
            GatedDevice.open().opener(),
            ServerSettings.defaults(),
            """
            adaspec.policy { strategy = "fixed:3", drafter = model, draft-cap = 8 }
            """);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static String body(String more) {
    return "{\"prompt\":\"Once upon\",\"max_tokens\":60" + more + "}";
  }

  private JsonNode choice(String more) throws Exception {
    return server.caller.answer(PATH, body(more)).at("/choices/0");
  }

  private String text(String more) throws Exception {
    return choice(more).path("text").asText();
  }

  private String streamed(String more) throws Exception {
    return server.caller.chunks(PATH, body(",\"stream\":true" + more)).stream()
        .map(chunk -> chunk.at("/choices/0/text").asText())
        .collect(Collectors.joining());
  }

  @Test
  void theTextIsAFunctionOfPromptAndSeed() throws Exception {
    for (String sampling : List.of(",\"temperature\":0", ",\"temperature\":0.8,\"seed\":5")) {
      String text = text(sampling);
      assertThat(text)
          .hasSizeBetween(50, 60)
          .isEqualTo(text(sampling))
          .isEqualTo(streamed(sampling));
      assertThat(text(sampling + ",\"speculation\":{\"mode\":\"off\"}")).isEqualTo(text);
      assertThat(text(sampling + ",\"speculation\":{\"max_draft_tokens\":1}")).isEqualTo(text);
    }
    assertThat(text(",\"seed\":5")).isNotEqualTo(text(",\"seed\":6"));
    assertThat(text("")).isNotEqualTo(text(""));
  }

  @Test
  void everyChoiceHasTheNextSeed() throws Exception {
    JsonNode choices =
        server.caller.answer(PATH, body(",\"n\":3,\"seed\":5,\"temperature\":1")).path("choices");
    List<String> texts =
        IntStream.range(0, 3).mapToObj(i -> choices.get(i).path("text").asText()).toList();
    for (int i = 0; i < 3; i++) {
      assertThat(texts.get(i)).isEqualTo(text(",\"temperature\":1,\"seed\":" + (5 + i)));
    }
    assertThat(texts).doesNotHaveDuplicates();
  }

  @Test
  void aStopStringEndsTheTextWhereverTokensEnd() throws Exception {
    String whole = text(",\"temperature\":0");
    for (int from : new int[] {1, 7, 31}) {
      String stop = whole.substring(from, from + 5);
      String more =
          ",\"temperature\":0,\"stop\":[\"never said\"," + Caller.JSON.valueToTree(stop) + "]";
      String expected = whole.substring(0, whole.indexOf(stop));
      JsonNode choice = choice(more);
      assertThat(choice.path("text").asText()).isEqualTo(expected);
      assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
      assertThat(streamed(more)).isEqualTo(expected);
      JsonNode usage = server.caller.answer(PATH, body(more)).path("usage");
      assertThat(usage.path("completion_tokens").asInt()).isEqualTo(expected.length());
    }
  }

  @Test
  void aBeginningOfAStopStringThatIsNoneIsDelivered() throws Exception {
    String whole = text(",\"temperature\":0");
    String almost = whole.substring(57) + "!";
    assertThat(streamed(",\"temperature\":0,\"stop\":" + Caller.JSON.valueToTree(almost)))
        .isEqualTo(whole);
  }

  @Test
  void usageTellsWhatSpeculationDid() throws Exception {
    JsonNode usage = server.caller.answer(PATH, body(",\"temperature\":0")).path("usage");
    int drafted = usage.at("/speculation/draft_tokens").asInt();
    int accepted = usage.at("/speculation/accepted_tokens").asInt();
    assertThat(drafted).isPositive();
    assertThat(accepted).isPositive().isLessThanOrEqualTo(drafted);
    assertThat(usage.at("/completion_tokens_details/accepted_prediction_tokens").asInt())
        .isEqualTo(accepted);
    assertThat(usage.at("/speculation/steps").asInt()).isLessThan(60);
    assertThat(usage.at("/timing/ttft_ms").asDouble())
        .isGreaterThanOrEqualTo(usage.at("/timing/queue_wait_ms").asDouble())
        .isPositive();
    assertThat(usage.at("/timing/e2e_ms").asDouble())
        .isGreaterThanOrEqualTo(usage.at("/timing/ttft_ms").asDouble());
    JsonNode off =
        server
            .caller
            .answer(PATH, body(",\"temperature\":0,\"speculation\":{\"mode\":\"off\"}"))
            .path("usage");
    assertThat(off.at("/speculation/draft_tokens").asInt()).isZero();
  }

  @Test
  void metricsCountWhatHappened() throws Exception {
    server.caller.answer(PATH, body(",\"slo\":{\"ttft_ms\":60000,\"tpot_ms\":60000}"));
    for (String name :
        List.of(
            "adaspec_time_to_first_token_seconds_count",
            "adaspec_time_per_output_token_seconds_count",
            "adaspec_e2e_request_latency_seconds_count",
            "adaspec_request_queue_time_seconds_count",
            "adaspec_request_prefill_time_seconds_count",
            "adaspec_request_decode_time_seconds_count",
            "adaspec_step_seconds_count",
            "adaspec_step_prediction_error_seconds_count",
            "adaspec_prompt_tokens_total",
            "adaspec_generation_tokens_total",
            "adaspec_spec_decode_num_drafts_total",
            "adaspec_spec_decode_num_draft_tokens_total",
            "adaspec_spec_decode_num_accepted_tokens_total",
            "adaspec_spec_decode_num_accepted_tokens_per_pos_total",
            "adaspec_prefix_cache_queries_total",
            "adaspec_draft_length_count",
            "vllm:time_to_first_token_seconds_count",
            "adaspec_inter_token_latency_seconds_count",
            "adaspec_goodput_tokens_total",
            "adaspec_slo_target_used_count",
            "vllm:inter_token_latency_seconds_count",
            "vllm:request_time_per_output_token_seconds_count",
            "vllm:e2e_request_latency_seconds_count",
            "vllm:request_queue_time_seconds_count",
            "vllm:prompt_tokens_total",
            "vllm:generation_tokens_total",
            "vllm:request_success_total",
            "vllm:spec_decode_num_drafts_total",
            "vllm:spec_decode_num_draft_tokens_total",
            "vllm:spec_decode_num_accepted_tokens_total",
            "vllm:spec_decode_num_accepted_tokens_per_pos_total")) {
      assertThat(server.metric(name, "model_name=\"letters\"")).as(name).isPositive();
    }
    assertThat(server.metric("adaspec_requests_total", "finished_reason=\"length\"")).isPositive();
    assertThat(server.metric("adaspec_slo_requests_total", "met=\"true\"")).isPositive();
    assertThat(server.caller.get("/metrics").body())
        .contains(
            "adaspec_num_requests_running{",
            "adaspec_num_requests_waiting{",
            "adaspec_kv_cache_usage_perc{",
            "vllm:num_requests_running{",
            "vllm:kv_cache_usage_perc{",
            "vllm:num_preemptions_total{");
    assertThat(server.caller.get("/metrics").headers().firstValue("content-type").orElse(""))
        .startsWith("text/plain; version=0.0.4");
  }
}
