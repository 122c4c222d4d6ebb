package io.adaspec.api.server;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadValuesTest {
  private static final String PATH = "/v1/completions";
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.scripted(ScriptedEngine.saying("Hi"));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** A 400 with a whole error object; the same connection answers the next request. */
  private JsonNode refused(String body) throws Exception {
    HttpResponse<String> response = server.caller.post(PATH, body);
    assertThat(response.statusCode()).as("%s: %s", body, response.body()).isEqualTo(400);
    JsonNode error = Caller.json(response).path("error");
    assertThat(error.path("message").isTextual() && error.path("type").isTextual()).isTrue();
    assertThat(error.has("param") && error.has("code")).isTrue();
    assertThat(response.headers().firstValue("x-should-retry")).isEmpty();
    return error;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_tokens",
        "n",
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "logit_bias",
        "stop_token_ids"
      })
  void everyNumberIsCheckedAtItsBorders(String field) throws Exception {
    for (String value :
        List.of(
            "-1",
            "0",
            "2147483648",
            "9223372036854775808",
            "-9223372036854775809",
            "1e308",
            "1e999",
            "0.5",
            "\"7\"",
            "true",
            "[]",
            "{}")) {
      String body = "{\"prompt\":\"a\",\"" + field + "\":" + value + "}";
      HttpResponse<String> response = server.caller.post(PATH, body);
      assertThat(response.statusCode()).as(body).isIn(200, 400);
      if (response.statusCode() == 400) {
        assertThat(Caller.json(response).at("/error/param").asText()).as(body).isEqualTo(field);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          max_tokens | "max_tokens":-1
          max_tokens | "max_tokens":0
          max_tokens | "max_tokens":2147483648
          max_tokens | "max_tokens":1.5
          n | "n":0
          n | "n":17
          n | "n":1e9
          temperature | "temperature":-0.1
          temperature | "temperature":2.1
          temperature | "temperature":1e308
          top_p | "top_p":0
          top_p | "top_p":1.01
          top_k | "top_k":-2
          min_p | "min_p":1.5
          frequency_penalty | "frequency_penalty":2.1
          frequency_penalty | "frequency_penalty":"much"
          presence_penalty | "presence_penalty":-2.1
          repetition_penalty | "repetition_penalty":0
          repetition_penalty | "repetition_penalty":101
          logit_bias | "logit_bias":[[50,-100]]
          logit_bias | "logit_bias":{"50":101}
          logit_bias | "logit_bias":{"50":"no"}
          logit_bias | "logit_bias":{"cat":1}
          logit_bias | "logit_bias":{"-1":1}
          logit_bias | "logit_bias":{"":1}
          logit_bias | "logit_bias":{"99999999999":1}
          logit_bias | "logit_bias":{"999999999":1}
          seed | "seed":9223372036854775808
          seed | "seed":1.5
          stop | "stop":["a","b","c","d","e"]
          stop | "stop":""
          stop | "stop":[7]
          stop_token_ids | "stop_token_ids":[-1]
          stop_token_ids | "stop_token_ids":[1.5]
          stream | "stream":"yes"
          echo | "echo":1
          ignore_eos | "ignore_eos":"true"
          stream_options | "stream_options":{"include_usage":true}
          stream_options | "stream":true,"stream_options":[]
          stream_options.include_usage | "stream":true,"stream_options":{"include_usage":1}
          service_tier | "service_tier":"platinum"
          slo | "slo":7
          slo.ttft_ms | "slo":{"ttft_ms":0}
          slo.ttft_ms | "slo":{"ttft_ms":-5}
          slo.tpot_ms | "slo":{"tpot_ms":1e12}
          slo.tpot_ms | "slo":{"tpot_ms":"fast"}
          speculation | "speculation":"on"
          speculation.mode | "speculation":{"mode":"always"}
          speculation.max_draft_tokens | "speculation":{"max_draft_tokens":-1}
          speculation.max_draft_tokens | "speculation":{"max_draft_tokens":1000}
          """)
  void refusesValuesOutOfRange(String param, String field) throws Exception {
    JsonNode error = refused("{\"prompt\":\"a\"," + field + "}");
    assertThat(error.path("code").asText()).isEqualTo("invalid_value");
    assertThat(error.path("param").asText()).isEqualTo(param);
    assertThat(error.path("message").asText()).contains("'" + param + "'");
  }

  @Test
  void saysWhatAPenaltyMayBe() throws Exception {
    assertThat(refused("{\"prompt\":\"a\",\"repetition_penalty\":0}").path("message").asText())
        .endsWith("must be 0.01 to 100.0, not 0");
    assertThat(refused("{\"prompt\":\"a\",\"logit_bias\":{\"a\":1}}").path("message").asText())
        .contains("token ids", "-100.0 to 100.0", "/tokenize");
    String many = IntStream.range(0, 301).mapToObj(i -> "\"" + i + "\":1").collect(joining(","));
    assertThat(refused("{\"prompt\":\"a\",\"logit_bias\":{" + many + "}}").path("message").asText())
        .contains("at most 300 tokens, not 301");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\"",
        "[]",
        "[[]]",
        "[\"\"]",
        "[\"a\",\"\"]",
        "null",
        "7",
        "{}",
        "[[1],\"\"]",
        "[1,\"a\"]",
        "[1,-1]",
        "[512]",
        "[1,2147483648]",
        "[1.5]",
        "[[1,[2]]]",
        "[null]",
        "[true]"
      })
  void refusesPromptsThatAreNone(String prompt) throws Exception {
    assertThat(refused("{\"prompt\":" + prompt + "}").path("param").asText()).isEqualTo("prompt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "\"prompt\"",
        "null",
        "{\"prompt\":\"a\"}{}",
        "{\"prompt\":\"a\",}",
        "{\"prompt\":\"a\",\"prompt\":\"b\"}",
        "{\"prompt\":'a'}",
        "{\"prompt\":\"a\",\"temperature\":NaN}",
        "{\"prompt\":\"a\"/*x*/}",
        "{\"prompt\":\"\u0000\"}"
      })
  void refusesWhatIsNotOneJsonObject(String body) throws Exception {
    JsonNode error = refused(body);
    assertThat(error.path("code").asText()).isEqualTo("invalid_json");
    assertThat(error.path("message").asText()).doesNotContain("prompt\"");
  }

  @Test
  void refusesDeepAndLongJsonCheaply() throws Exception {
    assertThat(refused("{\"prompt\":" + "[".repeat(100_000)).path("code").asText())
        .isEqualTo("invalid_json");
    assertThat(refused("{\"prompt\":\"a\",\"seed\":" + "9".repeat(100_000) + "}").path("code"))
        .hasToString("\"invalid_json\"");
    assertThat(refused("{\"" + "n".repeat(100_000) + "\":1}").path("code"))
        .hasToString("\"invalid_json\"");
  }

  @Test
  void refusesTextThatIsNotUtf8() throws Exception {
    byte[] body = {'{', '"', 'p', 'r', 'o', 'm', 'p', 't', '"', ':', '"', (byte) 0xff, '"', '}'};
    HttpResponse<String> response =
        server.caller.send(
            server
                .caller
                .request(PATH, "Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(Caller.json(response).at("/error/code").asText()).isEqualTo("invalid_json");
  }

  @Test
  void refusesACompressedBodyByItsEncoding() throws Exception {
    HttpResponse<String> response =
        server.caller.send(
            server
                .caller
                .request(PATH, "Content-Type", "application/json", "Content-Encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofString("packed")));
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(Caller.json(response).at("/error/message").asText()).contains("gzip");
  }

  @Test
  void tellsTheContextFromOtherErrors() throws Exception {
    String tooLong = "a".repeat(TestServer.CONTEXT);
    JsonNode prompt = refused("{\"prompt\":\"" + tooLong + "\"}");
    assertThat(prompt.path("code").asText()).isEqualTo("context_length_exceeded");
    assertThat(prompt.path("message").asText()).contains("4097").contains("4095");
    JsonNode together = refused("{\"prompt\":\"a\",\"max_tokens\":" + TestServer.CONTEXT + "}");
    assertThat(together.path("code").asText()).isEqualTo("context_length_exceeded");
    assertThat(server.script().requests).noneMatch(each -> each.prompt().size() > 4095);
  }

  @Test
  void namesTheFieldsAsTheEndpointDoes() throws Exception {
    String most = String.valueOf(TestServer.CONTEXT);
    assertThat(message("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":" + most + "}"))
        .contains("and max_tokens is " + most);
    assertThat(
            message(
                "/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"max_tokens\":"
                    + most
                    + "}"))
        .contains("and max_completion_tokens is " + most);
    assertThat(message("/v1/responses", "{\"input\":\"a\",\"max_output_tokens\":" + most + "}"))
        .contains("and max_output_tokens is " + most);
  }

  private String message(String path, String body) throws Exception {
    return Caller.json(server.caller.post(path, body)).at("/error/message").asText();
  }
}
