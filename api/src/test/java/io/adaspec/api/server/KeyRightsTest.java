package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.http.ApiKey;
import io.adaspec.api.http.KeyRights;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A key gets what it may have, and a clear answer for the rest. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyRightsTest {
  private static final String PATH = "/v1/completions";
  private static final String ENDLESS =
      "{\"prompt\":\"endless\",\"max_tokens\":77,\"stream\":true,\"ignore_eos\":true}";
  private static final String TURN = "{\"type\":\"response.create\",\"input\":\"endless\"";
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    KeyRights small =
        new KeyRights(
            Set.of(ServiceClass.STANDARD, ServiceClass.BATCH),
            1,
            4,
            new SloTarget(Duration.ofMillis(300).toNanos(), 1),
            false);
    KeyRights batch = new KeyRights(Set.of(ServiceClass.BATCH), 5, 16, new SloTarget(1, 1), false);
    server =
        TestServer.scripted(
            KeyRightsTest::script,
            ServerSettings.defaults()
                .withKeys(
                    List.of(
                        ApiKey.of("all"), ApiKey.of("small", small), ApiKey.of("batch", batch))));
  }

  private static Source<TokenEvent, NotUsed> script(InferenceRequest request) {
    return (request.prompt().size() > 5
            ? ScriptedEngine.babbling(Duration.ofMillis(10))
            : ScriptedEngine.saying("Hi"))
        .apply(request);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private HttpResponse<String> post(String key, String fields) throws Exception {
    return server.caller.post(
        PATH, "{\"prompt\":\"a\"" + fields + "}", "Authorization", "Bearer " + key);
  }

  private static JsonNode refused(HttpResponse<String> response, int status, String code) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = Caller.json(response).path("error");
    assertThat(error.path("code").asText()).isEqualTo(code);
    return error;
  }

  private InferenceRequest taken(String key, String fields) throws Exception {
    server.script().requests.clear();
    HttpResponse<String> response = post(key, fields);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return server.script().requests.getFirst();
  }

  @Test
  void aTierBeyondTheKeysClassesIsForbidden() throws Exception {
    HttpResponse<String> response = post("small", ",\"service_tier\":\"priority\"");
    JsonNode error = refused(response, 403, "service_tier_not_allowed");
    assertThat(error.path("param").asText()).isEqualTo("service_tier");
    assertThat(error.path("type").asText()).isEqualTo("permission_error");
    assertThat(error.path("message").asText()).endsWith("default, flex");
    assertThat(taken("all", ",\"service_tier\":\"priority\"").serviceClass())
        .isEqualTo(ServiceClass.INTERACTIVE);
    assertThat(taken("small", ",\"service_tier\":\"flex\"").serviceClass())
        .isEqualTo(ServiceClass.BATCH);
  }

  @Test
  void aRequestThatNamesNoTierGetsOneOfItsKey() throws Exception {
    assertThat(taken("batch", "").serviceClass()).isEqualTo(ServiceClass.BATCH);
    assertThat(taken("batch", ",\"service_tier\":\"auto\"").serviceClass())
        .isEqualTo(ServiceClass.BATCH);
    assertThat(Caller.json(post("batch", "")).path("service_tier").asText()).isEqualTo("flex");
    assertThat(taken("small", "").serviceClass()).isEqualTo(ServiceClass.STANDARD);
  }

  @Test
  void targetsTighterThanTheKeysAreForbidden() throws Exception {
    JsonNode error = refused(post("small", ",\"slo\":{\"ttft_ms\":299}"), 403, "slo_not_allowed");
    assertThat(error.path("param").asText()).isEqualTo("slo.ttft_ms");
    assertThat(error.path("message").asText()).contains("300");
    assertThat(taken("small", ",\"slo\":{\"ttft_ms\":300,\"tpot_ms\":1}").slo().ttftNanos())
        .isEqualTo(300_000_000);
  }

  @Test
  void draftsAreCutToTheKeys() throws Exception {
    assertThat(taken("small", "").speculation().cap()).isEqualTo(4);
    assertThat(taken("small", ",\"speculation\":{\"max_draft_tokens\":9}").speculation().cap())
        .isEqualTo(4);
    assertThat(taken("small", ",\"speculation\":{\"max_draft_tokens\":2}").speculation().cap())
        .isEqualTo(2);
    assertThat(taken("small", ",\"speculation\":{\"mode\":\"off\"}").speculation().cap()).isZero();
    assertThat(taken("all", "").speculation().cap()).isEqualTo(16);
  }

  @Test
  void requestsBeyondTheKeysNumberAreToldToComeBackAndPlacesAreFreedAtTheEnd() throws Exception {
    RawConnection running = new RawConnection(server.caller.port);
    running.post(PATH, ENDLESS, "Authorization: Bearer small");
    assertThat(running.head().status()).isEqualTo(200);
    assertThat(running.chunk()).startsWith("data: ");

    HttpResponse<String> second = post("small", "");
    refused(second, 429, "concurrent_requests_exceeded");
    assertThat(second.headers().firstValue("retry-after")).isPresent();
    assertThat(second.headers().firstValue("x-should-retry")).contains("true");
    assertThat(post("all", "").statusCode()).isEqualTo(200);
    refused(post("small", ",\"n\":2"), 403, "request_limit");

    running.close();
    Await.until(() -> "no place", () -> isTaken("small"));
    assertThat(isTaken("small")).isTrue();
  }

  private boolean isTaken(String key) {
    try {
      return post(key, "").statusCode() == 200;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void turnsOnASocketCountAsWell() throws Exception {
    try (SocketClient client =
        SocketClient.open(server.caller.port, "Authorization: Bearer batch")) {
      for (int i = 0; i < 5; i++) {
        client.send(TURN + ",\"stream_id\":\"s" + i + "\"}");
        client.eventsTo("response.created");
      }
      client.send(TURN + ",\"stream_id\":\"one too many\"}");
      JsonNode error = client.eventsTo("error").getLast();
      assertThat(error.path("stream_id").asText()).isEqualTo("one too many");
      assertThat(error.toString()).contains("concurrent_requests_exceeded");
    }
    Await.until(() -> server.script().active + " active", () -> server.script().active.get() == 0);
    assertThat(isTaken("batch")).isTrue();
  }

  @Test
  void onlyAnAdministratorChangesThePolicy() throws Exception {
    for (String key : List.of("small", "all")) {
      HttpResponse<String> response =
          server.caller.send(
              server
                  .caller
                  .request("/admin/policy", "Authorization", "Bearer " + key)
                  .header("Content-Type", "application/json")
                  .PUT(BodyPublishers.ofString("{\"strategy\":\"off\"}")));
      if (key.equals("small")) {
        refused(response, 403, "admin_required");
      } else {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      }
    }
    assertThat(server.caller.get("/admin/policy", "Authorization", "Bearer small").statusCode())
        .isEqualTo(200);
  }
}
