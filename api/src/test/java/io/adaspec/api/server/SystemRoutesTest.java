package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SystemRoutesTest {
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.scripted(ScriptedEngine.saying("Hi"));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private JsonNode get(String path) throws Exception {
    HttpResponse<String> response = server.caller.get(path);
    assertThat(response.statusCode()).isEqualTo(200);
    return Caller.json(response);
  }

  @Test
  void modelsSayWhatClientsAskFor() throws Exception {
    JsonNode list = get("/v1/models");
    assertThat(list.path("object").asText()).isEqualTo("list");
    assertThat(list.path("data")).hasSize(1);
    JsonNode model = list.path("data").get(0);
    assertThat(model.path("id").asText()).isEqualTo("letters");
    assertThat(model.path("object").asText()).isEqualTo("model");
    assertThat(model.path("created").asLong()).isEqualTo(1_700_000_000);
    assertThat(model.path("owned_by").asText()).isNotEmpty();
    assertThat(model.path("context_length").asInt()).isEqualTo(TestServer.CONTEXT);
    assertThat(model.path("max_model_len").asInt()).isEqualTo(TestServer.CONTEXT);
    assertThat(get("/v1/models/letters")).isEqualTo(model);
    assertThat(server.caller.get("/v1/models/other").statusCode()).isEqualTo(404);
  }

  @Test
  void tokenizeAndDetokenizeSpeakBothDialects() throws Exception {
    JsonNode vllm = server.caller.answer("/tokenize", "{\"prompt\":\"Hi\"}");
    assertThat(vllm.path("tokens")).hasToString("[256,72,105]");
    assertThat(vllm.path("count").asInt()).isEqualTo(3);
    assertThat(vllm.path("max_model_len").asInt()).isEqualTo(TestServer.CONTEXT);
    JsonNode llama = server.caller.answer("/tokenize", "{\"content\":\"Hi\"}");
    assertThat(llama.path("tokens")).hasToString("[72,105]");
    assertThat(
            server
                .caller
                .answer("/tokenize", "{\"content\":\"Hi\",\"add_special\":true}")
                .path("tokens"))
        .hasToString("[256,72,105]");
    assertThat(
            server
                .caller
                .answer("/tokenize", "{\"prompt\":\"Hi\",\"add_special_tokens\":false}")
                .path("tokens"))
        .hasToString("[72,105]");
    JsonNode named =
        server.caller.answer(
            "/tokenize",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"H\"}],\"return_token_strs\":true}");
    assertThat(named.path("tokens").get(0).asInt()).isEqualTo(LetterTokenizer.TURN);
    assertThat(named.path("token_strs").get(0).asText()).isEqualTo("<turn>");

    JsonNode text = server.caller.answer("/detokenize", "{\"tokens\":[72,105]}");
    assertThat(text.path("prompt").asText()).isEqualTo("Hi");
    assertThat(text.path("content").asText()).isEqualTo("Hi");
    for (String tokens : new String[] {"[512]", "[-1]", "[1.5]", "[\"a\"]", "7"}) {
      HttpResponse<String> refused =
          server.caller.post("/detokenize", "{\"tokens\":" + tokens + "}");
      assertThat(refused.statusCode()).as(tokens).isEqualTo(400);
      assertThat(Caller.json(refused).at("/error/param").asText()).isEqualTo("tokens");
    }
    assertThat(server.caller.post("/detokenize", "{}").statusCode()).isEqualTo(400);
    assertThat(server.caller.post("/tokenize", "{}").statusCode()).isEqualTo(400);
  }

  @Test
  void healthAndVersion() throws Exception {
    assertThat(get("/health/live").path("status").asText()).isEqualTo("ok");
    assertThat(get("/health/ready").path("status").asText()).isEqualTo("ok");
    assertThat(get("/health").path("running").asInt()).isZero();
    JsonNode version = get("/version");
    assertThat(version.path("version").asText()).isNotEmpty();
    assertThat(version.path("model").asText()).isEqualTo("letters");
    assertThat(version.path("java").asText()).startsWith("25");
  }

  @Test
  void aServerThatStopsIsAliveButNotReady() throws Exception {
    try (TestServer stopping = TestServer.scripted(ScriptedEngine.saying("Hi"));
        RawConnection open = new RawConnection(stopping.caller.port)) {
      open.post("/tokenize", "{\"prompt\":\"a\"}");
      RawConnection.Head head = open.head();
      open.body(head);
      stopping.script().becomeUnready("the device is loading");
      HttpResponse<String> unready = stopping.caller.get("/health/ready");
      assertThat(unready.statusCode()).isEqualTo(503);
      assertThat(unready.headers().firstValue("retry-after")).isPresent();
      assertThat(Caller.json(unready).path("reason").asText()).isEqualTo("the device is loading");
      assertThat(stopping.caller.get("/health/live").statusCode()).isEqualTo(200);
      stopping.running.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
      assertThat(open.ended()).isTrue();
    }
  }

  @Test
  void thePageNeedsNothingFromElsewhere() throws Exception {
    HttpResponse<String> page = server.caller.get("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("content-type").orElse("")).startsWith("text/html");
    String policy = page.headers().firstValue("content-security-policy").orElse("");
    assertThat(policy)
        .contains("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'");
    assertThat(page.headers().firstValue("x-content-type-options")).contains("nosniff");
    assertThat(policy).doesNotContain("unsafe", "*", "http");
    for (String tag : new String[] {"style", "script"}) {
      String inline =
          page.body()
              .substring(
                  page.body().indexOf("<" + tag + ">") + tag.length() + 2,
                  page.body().indexOf("</" + tag + ">"));
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(inline.getBytes(StandardCharsets.UTF_8));
      assertThat(policy)
          .contains(tag + "-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'");
      assertThat(inline).hasSizeGreaterThan(1000);
    }
    assertThat(page.body())
        .contains("<title>")
        .doesNotContain("http://", "https://", "innerHTML", "style=", " src=", " onclick=");
  }
}
