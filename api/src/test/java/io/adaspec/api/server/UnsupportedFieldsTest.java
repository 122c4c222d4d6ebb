package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
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
          case "/tokenize" -> "\"prompt\":\"a\"";
          case "/detokenize" -> "\"tokens\":[65]";
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
          /v1/chat/completions | best_of | 0
          /v1/completions | suffix | "end"
          /v1/completions | prompt_logprobs | 1
          /v1/completions | min_tokens | 4
          /v1/completions | use_beam_search | true
          /v1/completions | guided_json | {}
          /v1/completions | guided_regex | "a*"
          /v1/completions | grammar | "root ::= a"
          /v1/completions | typical_p | 0.5
          /v1/completions | mirostat | 2
          /v1/completions | truncate_prompt_tokens | 10
          /v1/completions | tfs_z | 0.9
          /v1/completions | top_n_sigma | 1.5
          /v1/completions | dry_multiplier | 0.8
          /v1/completions | xtc_probability | 0.5
          /v1/completions | dynatemp_range | 0.5
          /v1/completions | no_repeat_ngram_size | 3
          /v1/completions | bad_words | ["no"]
          /v1/completions | allowed_token_ids | [1, 2]
          /v1/completions | include_stop_str_in_output | true
          /v1/completions | skip_special_tokens | false
          /v1/completions | n_predict | 10
          /v1/completions | n_probs | 1
          /v1/completions | samplers | ["top_k"]
          /v1/completions | repeat_penalty | 1.1
          /v1/completions | length_penalty | 0.5
          /v1/completions | guided_choice | ["a"]
          /v1/completions | guided_grammar | "x"
          /v1/completions | structured_outputs | {"choice":["a"]}
          /v1/completions | json_schema | {}
          /v1/completions | lora | [{"id":0,"scale":1}]
          /v1/completions | add_special_tokens | false
          /v1/completions | return_token_ids | true
          /v1/completions | min_new_tokens | 3
          /v1/completions | do_sample | false
          /v1/completions | typical_p | 0.9
          /v1/completions | max_completion_tokens | 3
          /v1/completions | max_output_tokens | 3
          /v1/completions | max_new_tokens | 3
          /v1/completions | messages | [{"role":"user","content":"a"}]
          /v1/completions | previous_response_id | "resp_1"
          /v1/chat/completions | echo | true
          /v1/chat/completions | max_output_tokens | 3
          /v1/chat/completions | n_predict | 3
          /v1/chat/completions | prompt | "a"
          /v1/chat/completions | suffix | "end"
          /v1/chat/completions | add_special_tokens | true
          /v1/completions | chat_template_kwargs | {"enable_thinking":true}
          /v1/responses | chat_template_kwargs | {"enable_thinking":true}
          /detokenize | chat_template_kwargs | {"enable_thinking":true}
          /v1/chat/completions | logprobs | true
          /v1/chat/completions | top_logprobs | 3
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
          /v1/responses | prompt | {"id":"pmpt_1"}
          /v1/responses | max_tool_calls | 2
          /v1/responses | truncation | "auto"
          /v1/responses | text | {"verbosity":"high"}
          /v1/responses | reasoning | {"summary":"auto"}
          /v1/responses | top_logprobs | 2
          /v1/responses | max_tokens | 3
          /v1/responses | max_completion_tokens | 3
          /v1/responses | messages | []
          /v1/responses | n | 2
          /v1/responses | logprobs | true
          /tokenize | tools | [{"type":"function"}]
          /tokenize | chat_template | "{{ messages }}"
          /tokenize | continue_final_message | true
          /tokenize | truncate_prompt_tokens | 3
          /tokenize | with_pieces | true
          /detokenize | skip_special_tokens | false
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

  @Test
  void namesThePenaltyThatIsThereInPlaceOfLlamaCpps() throws Exception {
    HttpResponse<String> response =
        server.caller.post(COMPLETIONS, body(COMPLETIONS, "repeat_penalty", "1.1"));
    assertThat(Caller.json(response).at("/error/message").asText())
        .contains("use 'repetition_penalty'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/completions | logprobs | null
          /v1/completions | best_of | 1
          /v1/completions | suffix | null
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
          /v1/responses | n | 1
          /v1/responses | reasoning | {}
          /v1/completions | top_k | -1
          /v1/completions | top_n_sigma | -1
          /v1/completions | skip_special_tokens | true
          /v1/completions | include_stop_str_in_output | false
          /v1/completions | n_predict | -1
          /v1/completions | tfs_z | 1.0
          /v1/completions | dry_multiplier | 0.0
          /v1/completions | xtc_probability | 0
          /v1/completions | xtc_threshold | 0.1
          /v1/completions | bad_words | []
          /v1/completions | allowed_token_ids | null
          /v1/completions | min_keep | 1
          /v1/completions | grammar | ""
          /v1/completions | slo | {"ttft_ms":10,"tpot_ms":null}
          /v1/chat/completions | max_tokens | 3
          /v1/chat/completions | max_completion_tokens | 3
          /v1/chat/completions | echo | false
          /tokenize | add_generation_prompt | true
          /tokenize | continue_final_message | false
          /detokenize | skip_special_tokens | true
          """)
  void takesWhatAsksForNothing(String path, String field, String value) throws Exception {
    HttpResponse<String> response = server.caller.post(path, body(path, field, value));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/completions | "slo":{"ttft":5} | slo.ttft
          /v1/responses | "slo":{"tpot_ms":5,"e2e_ms":9} | slo.e2e_ms
          /v1/chat/completions | "speculation":{"max_drafts":2} | speculation.max_drafts
          /v1/completions | "speculation":{"drafter":"ngram"} | speculation.drafter
          /v1/completions | "stream":true,"stream_options":{"usage":true} | stream_options.usage
          /v1/chat/completions | "stream":true,"stream_options":{"continuous_usage_stats":true} | \
            stream_options.continuous_usage_stats
          /v1/responses | "stream":true,"stream_options":{"include_usage":true} | \
            stream_options.include_usage
          /v1/responses | "stream":true,"stream_options":{"include_obfuscation":true} | \
            stream_options.include_obfuscation
          """)
  void refusesWhatObjectsDoNotHave(String path, String fields, String param) throws Exception {
    String plain = body(path, "user", "\"a\"");
    HttpResponse<String> response =
        server.caller.post(path, plain.substring(0, plain.length() - 1) + "," + fields + "}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    JsonNode error = Caller.json(response).path("error");
    assertThat(error.path("param").asText()).isEqualTo(param);
    assertThat(error.path("code").asText()).isEqualTo("unsupported_parameter");
  }

  @ParameterizedTest
  @CsvSource({"2, 2, 200", "3, 2, 400", "1, 2, 400", "1, null, 200", "null, 2, 200"})
  void bestOfAsManyAsThereAreAsksForNothing(String bestOf, String n, int status) throws Exception {
    String fields = body(COMPLETIONS, "best_of", bestOf).replace("}", ",\"n\":" + n + "}");
    HttpResponse<String> response = server.caller.post(COMPLETIONS, fields);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
  }

  @Test
  void namesTheFieldThatLimitsTheOutputHere() throws Exception {
    HttpResponse<String> response =
        server.caller.post(RESPONSES, body(RESPONSES, "max_tokens", "3"));
    assertThat(Caller.json(response).at("/error/message").asText())
        .contains("use 'max_output_tokens'");
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
