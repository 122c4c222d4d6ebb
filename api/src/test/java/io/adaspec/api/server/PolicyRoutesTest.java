package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineSettings;
import io.adaspec.api.AdaSpecServer;
import io.adaspec.api.RunningServer;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.metrics.EngineMetrics;
import io.adaspec.api.openai.ServedModel;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The policy of a running engine, over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PolicyRoutesTest {
  private static final String MODEL = "letters";
  private static final String DEVICE = "sim:tiny,vocab=256";

  private final ActorSystem<?> system =
      ActorSystem.create(
          Behaviors.empty(),
          "policy-test",
          ConfigFactory.parseString("pekko.loglevel = WARNING").withFallback(ConfigFactory.load()));
  private final HttpClient client = HttpClient.newHttpClient();
  private final EngineMetrics metrics = new EngineMetrics(MODEL);
  private Optional<RunningServer> server = Optional.empty();

  @BeforeAll
  void start() throws Exception {
    EngineModel model = new EngineModel(MODEL, new LetterTokenizer(), 1024);
    Engine engine =
        Engine.builder(model)
            .device(
                new DeviceOpener(
                    DEVICE,
                    () -> SimulatedDeviceProvider.openSimulated(DEVICE),
                    device -> SimulatedDeviceProvider.openSimulated(DEVICE).cost()))
            .settings(
                EngineSettings.from(system)
                    .withPolicy(
                        new PolicySnapshot(0, "fixed:3", DrafterKind.MODEL, 8, Verifier.COUPLED)))
            .observer(metrics)
            .start(system);
    server =
        Optional.of(
            AdaSpecServer.start(
                    system,
                    engine,
                    new ServedModel(
                        model, Optional.empty(), SamplingDefaults.plain(), 1_700_000_000),
                    ServerSettings.defaults().withAddress("127.0.0.1", 0),
                    metrics)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS));
  }

  @AfterAll
  void stop() {
    client.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    int port = server.orElseThrow().address().getPort();
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return new ObjectMapper().readTree(response.body());
  }

  @Test
  void theStrategyChangesWhileTheEngineRunsAndTextsStayTheSame() throws Exception {
    String request =
        "{\"model\":\"letters\",\"prompt\":\"Once upon\",\"max_tokens\":40,\"temperature\":0}";
    String before = json(send("POST", "/v1/completions", request)).at("/choices/0/text").asText();
    long version = json(send("GET", "/admin/policy", "")).path("version").asLong();

    HttpResponse<String> changed =
        send("PUT", "/admin/policy", "{\"strategy\":\"slo\",\"max_draft_tokens\":5}");

    assertThat(changed.statusCode()).isEqualTo(200);
    assertThat(json(changed).path("version").asLong()).isEqualTo(version + 1);
    JsonNode shown = json(send("GET", "/admin/policy", ""));
    assertThat(shown.path("strategy").asText()).isEqualTo("slo");
    assertThat(shown.path("drafter").asText()).isEqualTo("model");
    assertThat(shown.path("max_draft_tokens").asInt()).isEqualTo(5);
    assertThat(shown.has("attainment")).isTrue();
    assertThat(json(send("POST", "/v1/completions", request)).at("/choices/0/text").asText())
        .isEqualTo(before)
        .isNotEmpty();
  }

  @Test
  void theOperatorFixesAClassAndHandsItBack() throws Exception {
    send("PUT", "/admin/policy", "{\"control\":\"auto\"}");
    HttpResponse<String> fixed =
        send(
            "PUT",
            "/admin/policy",
            "{\"classes\":{\"batch\":{\"drafter\":\"none\"},\"standard\":{\"max_draft_tokens\":2}}}");
    assertThat(fixed.statusCode()).as(fixed.body()).isEqualTo(200);
    JsonNode shown = json(send("GET", "/admin/policy", ""));
    assertThat(shown.path("strategy").asText()).isEqualTo("slo");
    assertThat(shown.path("control").asText()).isEqualTo("auto");
    assertThat(shown.at("/classes/batch/drafter").asText()).isEqualTo("none");
    assertThat(shown.at("/classes/batch/drafter_control").asText()).isEqualTo("fixed");
    assertThat(shown.at("/classes/batch/max_draft_tokens").asInt()).isZero();
    assertThat(shown.at("/classes/standard/max_draft_tokens").asInt()).isEqualTo(2);
    assertThat(shown.at("/classes/standard/drafter_control").asText()).isEqualTo("auto");
    assertThat(shown.at("/classes/interactive/drafter").asText()).isEqualTo("model");
    assertThat(shown.at("/classes/batch/last_decision/reason").asText()).isEqualTo("policy_set");
    assertThat(shown.at("/classes/batch/now/pace").isNumber()).isTrue();

    send("PUT", "/admin/policy", "{\"classes\":{\"batch\":{\"drafter\":\"auto\"}}}");
    JsonNode after = json(send("GET", "/admin/policy", ""));
    assertThat(after.at("/classes/batch/drafter").asText()).isEqualTo("model");
    assertThat(after.at("/classes/standard/max_draft_tokens_control").asText()).isEqualTo("fixed");
    send("PUT", "/admin/policy", "{\"control\":\"fixed\"}");
    JsonNode all = json(send("GET", "/admin/policy", ""));
    assertThat(all.at("/classes/interactive/drafter_control").asText()).isEqualTo("fixed");
    send("PUT", "/admin/policy", "{\"control\":\"auto\"}");
    JsonNode none = json(send("GET", "/admin/policy", ""));
    assertThat(none.at("/classes/standard/max_draft_tokens_control").asText()).isEqualTo("auto");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"strateg":"off"}                         | strateg
          {"classes":{"bulk":{"drafter":"none"}}}   | classes.bulk
          {"classes":{"batch":{"draft_cap":2}}}     | classes.batch.draft_cap
          """)
  void whatIsMisspeltIsRefusedAndChangesNothing(String body, String field) throws Exception {
    String before = json(send("GET", "/admin/policy", "")).path("version").asText();

    HttpResponse<String> refused = send("PUT", "/admin/policy", body);

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(json(refused).at("/error/param").asText()).isEqualTo(field);
    assertThat(json(refused).at("/error/message").asText()).contains("is not known; there are");
    assertThat(json(send("GET", "/admin/policy", "")).path("version").asText()).isEqualTo(before);
  }

  @Test
  void metricsTellDrafterAndCapOfEveryClass() throws Exception {
    send("PUT", "/admin/policy", "{\"control\":\"auto\",\"max_draft_tokens\":5}");
    send(
        "PUT",
        "/admin/policy",
        "{\"classes\":{\"batch\":{\"drafter\":\"ngram\",\"max_draft_tokens\":2}}}");

    String text = send("GET", "/metrics", "").body();

    assertThat(text)
        .containsPattern("adaspec_class_draft_cap\\{[^}]*service_class=\"batch\"} 2")
        .containsPattern("adaspec_class_draft_cap\\{[^}]*service_class=\"standard\"} 5")
        .containsPattern("adaspec_class_drafter\\{drafter=\"ngram\"[^}]*service_class=\"batch\"} 1")
        .containsPattern("adaspec_class_drafter\\{drafter=\"model\"[^}]*service_class=\"batch\"} 0")
        .contains("adaspec_class_drafter_switches_total{")
        .contains("adaspec_device_kv_blocks_lent{")
        .contains("adaspec_device_draft_kv_blocks{");
    send("PUT", "/admin/policy", "{\"control\":\"auto\",\"max_draft_tokens\":8}");
  }

  @Test
  void aPolicyThatCannotBeFollowedIsRefusedAndChangesNothing() throws Exception {
    String before = json(send("GET", "/admin/policy", "")).path("strategy").asText();
    for (String body :
        new String[] {
          "{\"strategy\":\"fastest\"}",
          "{\"strategy\":\"fixed:99\"}",
          "{\"strategy\":\"slo\",\"verifier\":\"rejection\"}",
          "{\"drafter\":\"oracle\"}",
          "{\"max_draft_tokens\":17}",
          "{\"classes\":{\"batch\":{\"drafter\":\"oracle\"}}}",
          "{\"classes\":{\"batch\":{\"max_draft_tokens\":17}}}",
          "{\"classes\":{\"batch\":3}}",
          "{\"control\":\"sometimes\"}",
          "{\"control\":\"auto\",\"strategy\":\"fixed:2\"}",
        }) {
      HttpResponse<String> refused = send("PUT", "/admin/policy", body);
      assertThat(refused.statusCode()).as("%s: %s", body, refused.body()).isEqualTo(400);
    }
    assertThat(json(send("GET", "/admin/policy", "")).path("strategy").asText()).isEqualTo(before);
  }

  @Test
  void metricsTellLengthsAcceptanceAndTheErrorOfPredictionsByClass() throws Exception {
    send("POST", "/v1/completions", "{\"model\":\"letters\",\"prompt\":\"One\",\"max_tokens\":30}");

    String text = send("GET", "/metrics", "").body();

    assertThat(text)
        .contains("adaspec_draft_length_count{")
        .containsPattern("adaspec_draft_tokens_reached_total\\{[^}]*service_class=\"standard\"")
        .contains("adaspec_step_prediction_error")
        .contains("adaspec_speculation_gain_seconds{")
        .contains("adaspec_mode_switches_total{")
        .containsPattern(
            "adaspec_class_mode_switches_total\\{[^}]*\"standard\",to=\"speculative\"} [1-9]")
        .containsPattern("adaspec_slo_attainment_ratio\\{[^}]*\"standard\"} [01]")
        .containsPattern("adaspec_slo_attainment_ratio\\{[^}]*\"batch\"} NaN");
  }
}
