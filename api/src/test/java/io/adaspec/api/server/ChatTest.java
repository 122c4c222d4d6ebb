package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChatTest {
  private static final String PATH = "/v1/chat/completions";
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.scripted(ScriptedEngine.saying("Hello", ", ", "world"));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @BeforeEach
  void forget() {
    server.script().requests.clear();
  }

  private static String user(String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]" + more + "}";
  }

  private String prompt() {
    InferenceRequest request = server.script().requests.getFirst();
    return server
        .engine
        .model()
        .tokenizer()
        .decode(
            java.util.Arrays.stream(request.prompt().toArray())
                .map(id -> id == LetterTokenizer.TURN ? '|' : id)
                .toArray());
  }

  @Test
  void answersWithAMessage() throws Exception {
    JsonNode body = server.caller.answer(PATH, user(",\"model\":\"letters\""));
    assertThat(body.path("object").asText()).isEqualTo("chat.completion");
    assertThat(body.path("id").asText()).startsWith("chatcmpl-");
    assertThat(body.path("created").isIntegralNumber()).isTrue();
    assertThat(body.path("model").asText()).isEqualTo("letters");
    assertThat(body.path("service_tier").asText()).isEqualTo("default");
    assertThat(body.has("error")).isFalse();
    JsonNode choice = body.path("choices").get(0);
    assertThat(choice.path("index").asInt()).isZero();
    assertThat(choice.at("/message/role").asText()).isEqualTo("assistant");
    assertThat(choice.at("/message/content").asText()).isEqualTo("Hello, world");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
    assertThat(choice.path("logprobs").isNull()).isTrue();
    assertThat(body.at("/usage/total_tokens").asInt())
        .isEqualTo(
            body.at("/usage/prompt_tokens").asInt() + body.at("/usage/completion_tokens").asInt());
  }

  @Test
  void streamsRoleThenTextThenFinishReason() throws Exception {
    List<String> events = server.caller.events(PATH, user(",\"stream\":true"));
    assertThat(events.getLast()).isEqualTo("[DONE]");
    List<JsonNode> chunks =
        events.subList(0, events.size() - 1).stream().map(Caller::parse).toList();
    assertThat(chunks).hasSize(5);
    JsonNode first = chunks.getFirst().at("/choices/0");
    assertThat(first.path("delta"))
        .isEqualTo(Caller.parse("{\"role\":\"assistant\",\"content\":\"\"}"));
    assertThat(first.path("finish_reason").isNull()).isTrue();
    String text =
        chunks.stream()
            .map(chunk -> chunk.at("/choices/0/delta/content").asText())
            .collect(Collectors.joining());
    assertThat(text).isEqualTo("Hello, world");
    JsonNode last = chunks.getLast().at("/choices/0");
    assertThat(last.path("delta")).isEqualTo(Caller.parse("{}"));
    assertThat(last.path("finish_reason").asText()).isEqualTo("stop");
    assertThat(chunks)
        .allSatisfy(
            chunk -> {
              assertThat(chunk.path("object").asText()).isEqualTo("chat.completion.chunk");
              assertThat(chunk.path("id")).isEqualTo(chunks.getFirst().path("id"));
              assertThat(chunk.path("created")).isEqualTo(chunks.getFirst().path("created"));
              assertThat(chunk.path("model").asText()).isEqualTo("letters");
              assertThat(chunk.has("usage")).isFalse();
              assertThat(chunk.has("error")).isFalse();
            });
  }

  @Test
  void usageComesInAChunkOfItsOwnBeforeTheEnd() throws Exception {
    List<JsonNode> chunks =
        server.caller.chunks(
            PATH, user(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    JsonNode usage = chunks.getLast();
    assertThat(usage.path("choices").isArray() && usage.path("choices").isEmpty()).isTrue();
    assertThat(usage.at("/usage/completion_tokens").asInt()).isEqualTo(3);
    assertThat(usage.at("/usage/speculation/accepted_tokens").asInt()).isEqualTo(3);
    assertThat(usage.at("/usage/timing/ttft_ms").asDouble()).isEqualTo(5);
    assertThat(chunks.subList(0, chunks.size() - 1))
        .allMatch(chunk -> chunk.has("usage") && chunk.path("usage").isNull());
  }

  @Test
  void everyChoiceHasItsOwnRoleAndEnd() throws Exception {
    List<JsonNode> chunks = server.caller.chunks(PATH, user(",\"n\":3,\"stream\":true"));
    for (int index = 0; index < 3; index++) {
      int choice = index;
      List<JsonNode> own =
          chunks.stream()
              .map(chunk -> chunk.at("/choices/0"))
              .filter(each -> each.path("index").asInt() == choice)
              .toList();
      assertThat(own.getFirst().at("/delta/role").asText()).isEqualTo("assistant");
      assertThat(own.subList(1, own.size())).noneMatch(each -> each.path("delta").has("role"));
      assertThat(own.getLast().path("finish_reason").asText()).isEqualTo("stop");
    }
    Set<Long> seeds =
        server.script().requests.stream()
            .map(each -> each.sampling().seed())
            .collect(Collectors.toSet());
    assertThat(seeds).hasSize(3);
  }

  @Test
  void theTemplateMakesThePrompt() throws Exception {
    server.caller.answer(
        PATH,
        """
        {"messages":[{"role":"developer","content":"Be brief"},
                     {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                     {"role":"assistant","content":"c","tool_calls":[]},
                     {"role":"user","content":"d","name":"Ann"}]}\
        """);
    assertThat(prompt()).isEqualTo("|system: Be brief|user: ab|assistant: c|user: d|assistant: ");
  }

  @Test
  void variablesOfTheTemplateReachIt() throws Exception {
    server.caller.answer(
        PATH,
        user(
            ",\"chat_template_kwargs\":{\"enable_thinking\":false,\"depth\":3,\"share\":0.5,"
                + "\"tone\":\"dry\",\"absent\":null}"));
    assertThat(prompt())
        .isEqualTo("|user: Hi|depth=3|enable_thinking=false|share=0.5|tone=dry|assistant: ");
    JsonNode tokens =
        server.caller.answer(
            "/tokenize", user(",\"chat_template_kwargs\":{\"enable_thinking\":true}"));
    assertThat(tokens.path("count").asInt())
        .isEqualTo("|user: Hi|enable_thinking=true|assistant: ".length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          {"messages":[]};chat_template_kwargs.messages
          {"tools":[1]};chat_template_kwargs.tools
          {"bos_token":"x"};chat_template_kwargs.bos_token
          {"a":{"b":1}};chat_template_kwargs.a
          {"a":[]};chat_template_kwargs.a
          {"a":123456789012345678901234567890};chat_template_kwargs.a
          {"____interpreter____":1};chat_template_kwargs
          {"a b":1};chat_template_kwargs
          true;chat_template_kwargs
          """)
  void variablesThatNoTemplateShouldSeeAreRefused(String arguments, String field) throws Exception {
    HttpResponse<String> response =
        server.caller.post(PATH, user(",\"chat_template_kwargs\":" + arguments));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(Caller.json(response).at("/error/param").asText()).isEqualTo(field);
    assertThat(server.script().requests).isEmpty();
  }

  @Test
  void bothNamesOfTheOutputLimitWork() throws Exception {
    server.caller.answer(PATH, user(",\"max_completion_tokens\":7"));
    server.caller.answer(PATH, user(",\"max_tokens\":8"));
    server.caller.answer(PATH, user(",\"max_tokens\":9,\"max_completion_tokens\":9"));
    server.caller.answer(PATH, user(""));
    List<InferenceRequest> requests = server.script().requests;
    assertThat(requests.subList(0, 3).stream().map(InferenceRequest::maxOutputTokens))
        .containsExactly(7, 8, 9);
    assertThat(requests.getLast().maxOutputTokens())
        .isEqualTo(TestServer.CONTEXT - requests.getLast().prompt().size());
    HttpResponse<String> contradiction =
        server.caller.post(PATH, user(",\"max_tokens\":9,\"max_completion_tokens\":8"));
    assertThat(contradiction.statusCode()).isEqualTo(400);
  }

  @Test
  void theTierIsEchoedAndBecomesTheClass() throws Exception {
    for (String tier : List.of("auto:default", "default:default", "priority:priority")) {
      String asked = tier.substring(0, tier.indexOf(':'));
      JsonNode body = server.caller.answer(PATH, user(",\"service_tier\":\"" + asked + "\""));
      assertThat(body.path("service_tier").asText())
          .isEqualTo(tier.substring(tier.indexOf(':') + 1));
    }
    assertThat(server.script().requests.stream().map(InferenceRequest::serviceClass))
        .containsExactly(ServiceClass.STANDARD, ServiceClass.STANDARD, ServiceClass.INTERACTIVE);
  }

  @Test
  void whatIsNotAConversationOfTextIsRefused() throws Exception {
    for (String messages :
        List.of(
            "[]",
            "\"Hi\"",
            "[\"Hi\"]",
            "[{\"role\":\"user\"}]",
            "[{\"content\":\"Hi\"}]",
            "[{\"role\":\"king\",\"content\":\"Hi\"}]",
            "[{\"role\":\"tool\",\"content\":\"4\",\"tool_call_id\":\"1\"}]",
            "[{\"role\":\"user\",\"content\":7}]",
            "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]",
            "[{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"1\"}]}]")) {
      HttpResponse<String> response = server.caller.post(PATH, "{\"messages\":" + messages + "}");
      assertThat(response.statusCode()).as(messages).isEqualTo(400);
      assertThat(Caller.json(response).at("/error/param").asText())
          .as(messages)
          .startsWith("messages");
    }
    assertThat(server.script().requests).isEmpty();
  }
}
