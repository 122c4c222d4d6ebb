package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.adaspec.actors.EngineFailedException;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Prompts, keys and whatever else clients send stay out of the log. */
class LoggingTest {
  private static final String SECRET = "the-secret-of-the-client";

  @Test
  void nothingOfARequestIsLoggedWhateverHappensToIt() throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = Optional.ofNullable(root.getLevel()).orElse(Level.INFO);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    root.setLevel(Level.DEBUG);
    try (TestServer server =
        TestServer.scripted(
            request -> Source.failed(new EngineFailedException("the device is lost")))) {
      server.caller.post("/v1/completions", "{\"prompt\":\"" + SECRET + "\"}");
      server.caller.post("/v1/completions", "{\"prompt\":\"" + SECRET + "\",\"n\":-1}");
      server.caller.post("/v1/completions", "{\"prompt\":\"" + SECRET);
      server.caller.post("/tokenize", "{\"prompt\":\"" + SECRET + "\"}");
      server.caller.post(
          "/v1/chat/completions",
          "{\"messages\":[{\"role\":\"user\",\"content\":\"" + SECRET + "\"}],\"stream\":true}");
      server.caller.get("/v1/models", "Authorization", "Bearer " + SECRET);
      try (SocketClient client = SocketClient.open(server.caller.port)) {
        client.send("{\"type\":\"response.create\",\"input\":\"" + SECRET + "\"}");
        client.eventsTo("response.failed");
        client.send("{\"type\":\"" + SECRET);
        client.event();
      }
      try (RawConnection connection = new RawConnection(server.caller.port)) {
        connection.write("GET /" + SECRET + "\u0001 HTTP/1.1\r\n\r\n");
        connection.head();
      }
    } finally {
      root.setLevel(before);
      root.detachAppender(log);
    }
    List<String> lines = List.copyOf(log.list).stream().map(LoggingTest::whole).toList();
    assertThat(lines).anyMatch(line -> line.contains("the device is lost"));
    assertThat(lines).noneMatch(line -> line.contains(SECRET));
  }

  private static String whole(ILoggingEvent event) {
    return event.getFormattedMessage()
        + Optional.ofNullable(event.getThrowableProxy()).map(Object::toString).orElse("");
  }
}
