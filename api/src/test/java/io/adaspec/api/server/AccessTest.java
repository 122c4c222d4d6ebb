package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.api.ServerSettings;
import io.adaspec.api.http.Access;
import io.adaspec.api.http.Route;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A server with keys answers nobody without one, but for health checks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AccessTest {
  private static final String KEY = "sk-first";
  private static final String OTHER = "sk-second";
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server =
        TestServer.scripted(
            ScriptedEngine.saying("Hi"),
            ServerSettings.defaults().withApiKeys(List.of(KEY, OTHER)));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private int status(String method, String path, String... headers) throws Exception {
    return server
        .caller
        .send(server.caller.request(path, headers).method(method, BodyPublishers.noBody()))
        .statusCode();
  }

  @Test
  void everyRouteButHealthNeedsAKey() throws Exception {
    assertThat(server.running.routes()).hasSizeGreaterThan(12);
    for (Route route : server.running.routes()) {
      boolean health = route.path().startsWith("/health");
      Access needed = route.method().equals("PUT") ? Access.ADMIN : Access.KEY;
      assertThat(route.access()).as(route.path()).isEqualTo(health ? Access.PUBLIC : needed);
      int without = status(route.method(), route.path().replace("*", "letters"));
      assertThat(without == 401).as(route.path()).isEqualTo(!health);
      int with =
          status(
              route.method(),
              route.path().replace("*", "letters"),
              "Authorization",
              "Bearer " + KEY);
      assertThat(with).as(route.path()).isNotIn(401, 403, 404, 405);
    }
  }

  @Test
  void strangersDoNotLearnWhatThereIs() throws Exception {
    assertThat(status("GET", "/nothing")).isEqualTo(401);
    assertThat(status("GET", "/v1/completions")).isEqualTo(401);
    assertThat(status("DELETE", "/health")).isEqualTo(401);
    assertThat(status("GET", "//v1/models")).isEqualTo(401);
    assertThat(status("GET", "/v1/models/")).isEqualTo(401);
    assertThat(status("GET", "/health/../v1/models")).isEqualTo(401);
    assertThat(status("GET", "/health%2f..%2fv1/models")).isEqualTo(401);
  }

  @Test
  void onlyAWholeKeyOpens() throws Exception {
    for (String wrong : List.of("", "sk-firs", "sk-first2", "SK-FIRST", "Bearer", "sk-first,x")) {
      assertThat(status("GET", "/v1/models", "Authorization", "Bearer " + wrong)).isEqualTo(401);
    }
    assertThat(status("GET", "/v1/models", "Authorization", KEY)).isEqualTo(401);
    assertThat(status("GET", "/v1/models", "Authorization", "bearer " + OTHER)).isEqualTo(200);
    assertThat(status("GET", "/v1/models", "X-Api-Key", KEY)).isEqualTo(401);
    assertThat(status("GET", "/v1/models?api_key=" + KEY)).isEqualTo(401);
  }

  @Test
  void browsersAreAskedForAPassword() throws Exception {
    HttpResponse<String> asked = server.caller.get("/");
    assertThat(asked.statusCode()).isEqualTo(401);
    assertThat(asked.headers().firstValue("www-authenticate").orElse("")).startsWith("Basic");
    String credentials =
        Base64.getEncoder().encodeToString(("user:" + KEY).getBytes(StandardCharsets.UTF_8));
    assertThat(status("GET", "/", "Authorization", "Basic " + credentials)).isEqualTo(200);
    assertThat(status("GET", "/", "Authorization", "Basic ???")).isEqualTo(401);
  }

  @Test
  void aRefusalIsAnErrorObjectThatNobodyRetries() throws Exception {
    HttpResponse<String> response = server.caller.post("/v1/completions", "{\"prompt\":\"a\"}");
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(Caller.json(response).at("/error/code").asText()).isEqualTo("invalid_api_key");
    assertThat(Caller.json(response).at("/error/type").asText()).isEqualTo("authentication_error");
    assertThat(response.headers().firstValue("www-authenticate")).contains("Bearer");
    assertThat(server.script().requests).isEmpty();
  }

  @Test
  void principalsDoNotShareThePrefixCache() throws Exception {
    server.caller.post("/v1/completions", "{\"prompt\":\"a\"}", "Authorization", "Bearer " + KEY);
    server.caller.post("/v1/completions", "{\"prompt\":\"a\"}", "Authorization", "Bearer " + OTHER);
    List<String> salts =
        server.script().requests.stream().map(each -> each.cacheSalt()).distinct().toList();
    assertThat(salts).hasSize(2).allMatch(salt -> !salt.contains("sk-"));
    server.script().requests.clear();
  }

  @Test
  void saltsPartThePrefixCacheWithinAPrincipalAndNeverJoinTwo() throws Exception {
    for (String key : List.of(KEY, OTHER)) {
      for (String salt : List.of("null", "\"a\"", "\"b\"", "\"a\"")) {
        server.caller.post(
            "/v1/completions",
            "{\"prompt\":\"a\",\"cache_salt\":" + salt + "}",
            "Authorization",
            "Bearer " + key);
      }
    }
    List<String> salts = server.script().requests.stream().map(each -> each.cacheSalt()).toList();
    assertThat(salts).hasSize(8);
    assertThat(salts.get(3)).isEqualTo(salts.get(1));
    assertThat(salts.stream().distinct()).hasSize(6);
    server.script().requests.clear();
  }
}
