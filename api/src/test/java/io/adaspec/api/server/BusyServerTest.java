package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.ServerSettings;
import io.adaspec.runtime.text.ChatTemplate;
import io.adaspec.runtime.text.JinjaChatTemplate;
import java.net.http.HttpResponse;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Queues that are full, and templates that fail. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BusyServerTest {
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":3}";

  /** What {@code AdaSpecServer} lets wait for its workers. */
  private static final int PLACES = 256;

  private static EngineServer server(Optional<ChatTemplate> template, String config)
      throws Exception {
    return new EngineServer(
        TestServer.letters(),
        template,
        GatedDevice.open().opener(),
        ServerSettings.defaults(),
        config);
  }

  @Test
  void whoFindsNoPlaceBeforeTheWorkersIsToldToComeBackAndNobodyElseIsLost() throws Exception {
    CountDownLatch unblocked = new CountDownLatch(1);
    ChatTemplate blocking =
        (messages, prompt, extras) -> {
          try {
            unblocked.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return "Hi";
        };
    int workers = Math.min(4, Runtime.getRuntime().availableProcessors());
    int tooMany = 20;
    List<RawConnection> connections = new ArrayList<>();
    try (EngineServer server = server(Optional.of(blocking), "adaspec.queue.max-requests = 500")) {
      for (int i = 0; i < PLACES + workers + tooMany; i++) {
        RawConnection connection = new RawConnection(server.caller.port);
        connection.post("/v1/chat/completions", CHAT);
        connections.add(connection);
      }
      List<RawConnection> refused = new ArrayList<>();
      Await.until(
          () -> refused.size() + " refused",
          () -> {
            connections.stream()
                .filter(each -> !refused.contains(each) && each.hasInput())
                .forEach(refused::add);
            return refused.size() == tooMany;
          });
      for (RawConnection each : refused) {
        RawConnection.Head head = each.head();
        assertThat(head.status()).isEqualTo(503);
        assertThat(head.headers()).containsKeys("retry-after", "retry-after-ms");
        assertThat(head.headers().get("x-should-retry")).isEqualTo("true");
        assertThat(each.body(head)).contains("\"code\":\"server_busy\"");
      }
      unblocked.countDown();
      for (RawConnection each : connections) {
        if (!refused.contains(each)) {
          RawConnection.Head head = each.head();
          assertThat(head.status()).isEqualTo(200);
          assertThat(each.body(head)).contains("\"finish_reason\"");
        }
        each.close();
      }
    }
  }

  @Test
  void aFullQueueIsNotReadyUntilThereIsRoomAgain() throws Exception {
    GatedDevice device = GatedDevice.closed();
    String config = "adaspec.queue.max-requests = 2\nadaspec.scheduler.max-sequences = 1";
    try (EngineServer server =
        new EngineServer(device.opener(), ServerSettings.defaults(), config)) {
      HttpResponse<String> free = server.caller.get("/health/ready");
      assertThat(free.statusCode()).isEqualTo(200);
      assertThat(Caller.json(free).at("/devices/0/bit_exact").asBoolean()).isTrue();
      List<RawConnection> asking = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        RawConnection connection = new RawConnection(server.caller.port);
        connection.post("/v1/completions", "{\"prompt\":\"Hi\",\"max_tokens\":2}");
        asking.add(connection);
        int taken = i;
        server.await(status -> status.running() + status.waiting() == taken);
      }
      server.await(status -> status.waiting() == 2);

      HttpResponse<String> full = server.caller.get("/health/ready");

      assertThat(full.statusCode()).isEqualTo(503);
      assertThat(full.headers().firstValue("retry-after")).isPresent();
      assertThat(Caller.json(full).path("reason").asText())
          .startsWith("the queue is full: 2 requests");
      assertThat(server.caller.get("/health/live").statusCode()).isEqualTo(200);
      device.allowAll();
      for (RawConnection each : asking) {
        assertThat(each.head().status()).isEqualTo(200);
        each.close();
      }
      server.awaitIdle();
      assertThat(server.caller.get("/health/ready").statusCode()).isEqualTo(200);
    }
  }

  private static JsonNode failureOf(String template, int status) throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    JinjaChatTemplate jinja =
        new JinjaChatTemplate(template, "<s>", "</s>", () -> LocalDateTime.of(2026, 1, 1, 0, 0));
    try (EngineServer server = server(Optional.of(jinja), "")) {
      HttpResponse<String> response =
          server.caller.post("/v1/chat/completions", CHAT.replace("Hi", "topsecret"));
      assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
      assertThat(server.caller.post("/v1/completions", "{\"prompt\":\"a\"}").statusCode())
          .isEqualTo(200);
      assertThat(List.copyOf(log.list))
          .noneMatch(event -> event.getFormattedMessage().contains("topsecret"))
          .allMatch(event -> event.getThrowableProxy() == null);
      return Caller.json(response).path("error");
    } finally {
      root.detachAppender(log);
    }
  }

  @Test
  void aTemplateThatRefusesTheMessagesSaysWhy() throws Exception {
    JsonNode error =
        failureOf(
            "{% for m in messages %}{% if m.role != 'system' %}"
                + "{{ raise_exception('a system message comes first') }}{% endif %}{% endfor %}",
            400);
    assertThat(error.path("param").asText()).isEqualTo("messages");
    assertThat(error.path("message").asText()).contains("a system message comes first");
  }

  @Test
  void aTemplateThatExceedsItsBoundsIsAClearErrorWithoutThePrompt() throws Exception {
    JsonNode error =
        failureOf(
            "{% for i in range(1000) %}{% for j in range(1000) %}{% for k in range(1000) %}"
                + "{{ messages[0].content }}{% endfor %}{% endfor %}{% endfor %}",
            400);
    assertThat(error.path("code").asText()).isEqualTo("chat_template_failed");
    assertThat(error.toString()).doesNotContain("topsecret");
  }

  @Test
  void aTemplateThatIsBrokenIsAClearErrorWithoutThePrompt() throws Exception {
    JsonNode error = failureOf("{{ messages[0].content.nothing.at.all() }}{{ 1 // 0 }}", 400);
    assertThat(error.path("code").asText()).isEqualTo("chat_template_failed");
    assertThat(error.toString()).doesNotContain("topsecret");
  }
}
