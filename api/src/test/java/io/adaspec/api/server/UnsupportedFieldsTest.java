package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What would change the output and is not supported is refused by name, never ignored. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UnsupportedFieldsTest {
  private static final String COMPLETIONS = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.scripted(ScriptedEngine.saying("Hi"));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static String body(String path, String field, String value) {
    String input =
        switch (path) {
          case COMPLETIONS -> "\"prompt\":\"a\"";
          case CHAT -> "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
          default -> "\"input\":\"a\"";
        };
    return "{" + input + ",\"" + field + "\":" + value + "}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/completions | logprobs | 0
          /v1/completions | logprobs | 5
          /v1/completions | best_of | 2
          /v1/completions | suffix | "end"
          /v1/completions | logit_bias | {"50":-100}
          /v1/completions | frequency_penalty | 0.5
          /v1/completions | presence_penalty | -0.5
          /v1/completions | repetition_penalty | 1.1
          /v1/completions | prompt_logprobs | 1
          /v1/completions | min_tokens | 4
          /v1/completions | use_beam_search | true
          /v1/completions | guided_json | {}
          /v1/completions | guided_regex | "a*"
          /v1/completions | grammar | "root ::= a"
          /v1/completions | typical_p | 0.5
          /v1/completions | mirostat | 2
          /v1/completions | truncate_prompt_tokens | 10
          /v1/chat/completions | logprobs | true
          /v1/chat/completions | top_logprobs | 3
          /v1/chat/completions | logit_bias | {"50":100}
          /v1/chat/completions | presence_penalty | 1
          /v1/chat/completions | response_format | {"type":"json_object"}
          /v1/chat/completions | response_format | {"type":"json_schema","json_schema":{}}
          /v1/chat/completions | tools | [{"type":"function","function":{"name":"f"}}]
          /v1/chat/completions | tool_choice | "required"
          /v1/chat/completions | functions | [{"name":"f"}]
          /v1/chat/completions | modalities | ["text","audio"]
          /v1/chat/completions | audio | {"voice":"x"}
          /v1/chat/completions | reasoning_effort | "high"
          /v1/chat/completions | chat_template | "{{ messages }}"
          /v1/chat/completions | continue_final_message | true
          /v1/chat/completions | web_search_options | {}
          /v1/responses | tools | [{"type":"web_search"}]
          /v1/responses | background | true
          /v1/responses | text | {"format":{"type":"json_object"}}
          /v1/responses | reasoning | {"effort":"high"}
          /v1/responses | conversation | "conv_1"
          /v1/responses | include | ["message.output_text.logprobs"]
          """)
  void refusesByName(String path, String field, String value) throws Exception {
    HttpResponse<String> response = server.caller.post(path, body(path, field, value));
    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode error = Caller.json(response).path("error");
    assertThat(error.path("param").asText()).isEqualTo(field);
    assertThat(error.path("code").asText()).isEqualTo("unsupported_parameter");
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.path("message").asText()).contains("'" + field + "'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/completions | logprobs | null
          /v1/completions | best_of | 1
          /v1/completions | suffix | null
          /v1/completions | logit_bias | {}
          /v1/completions | frequency_penalty | 0.0
          /v1/completions | repetition_penalty | 1.0
          /v1/completions | user | "someone"
          /v1/completions | nobody_knows_this | [[{}]]
          /v1/chat/completions | logprobs | false
          /v1/chat/completions | top_logprobs | 0
          /v1/chat/completions | tools | []
          /v1/chat/completions | tool_choice | "none"
          /v1/chat/completions | parallel_tool_calls | true
          /v1/chat/completions | response_format | {"type":"text"}
          /v1/chat/completions | modalities | ["text"]
          /v1/chat/completions | metadata | {"a":"b"}
          /v1/chat/completions | store | true
          /v1/chat/completions | prediction | {"type":"content","content":"Hi"}
          /v1/chat/completions | prompt_cache_key | "k"
          /v1/responses | tools | []
          /v1/responses | background | false
          /v1/responses | text | {"format":{"type":"text"}}
          /v1/responses | truncation | "disabled"
          """)
  void takesWhatAsksForNothing(String path, String field, String value) throws Exception {
    HttpResponse<String> response = server.caller.post(path, body(path, field, value));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {COMPLETIONS, CHAT, RESPONSES})
  void refusesAnotherModel(String path) throws Exception {
    HttpResponse<String> response = server.caller.post(path, body(path, "model", "\"gpt-4o\""));
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(Caller.json(response).at("/error/code").asText()).isEqualTo("model_not_found");
    assertThat(Caller.json(response).at("/error/message").asText()).contains("'letters'");
  }
}
