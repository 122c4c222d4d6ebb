package io.adaspec.api.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineStatus;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Health, metrics, version and the page at {@code /}. */
public final class SystemRoutes {
  private static final ContentType.NonBinary PROMETHEUS =
      MediaTypes.customWithOpenCharset("text", "plain", Map.of("version", "0.0.4"), false)
          .toContentType(HttpCharsets.UTF_8);

  private final Engine engine;
  private final BooleanSupplier accepting;
  private final Function<EngineStatus, String> metrics;
  private final String version;
  private final Page page = Page.load();

  /**
   * Makes the routes.
   *
   * @param accepting whether the server still takes requests
   * @param metrics text for Prometheus at a state of the engine
   */
  public SystemRoutes(
      Engine engine,
      BooleanSupplier accepting,
      Function<EngineStatus, String> metrics,
      String version) {
    this.engine = engine;
    this.accepting = accepting;
    this.metrics = metrics;
    this.version = version;
  }

  public List<Route> routes() {
    return List.of(
        new Route("GET", "/health/live", Access.PUBLIC, this::live),
        new Route("GET", "/health/ready", Access.PUBLIC, this::ready),
        new Route("GET", "/health", Access.PUBLIC, this::ready),
        Route.of("GET", "/metrics", this::metrics),
        Route.of("GET", "/version", this::version),
        Route.of("GET", "/", this::page));
  }

  /** Alive means that the engine answers; a device may be busy or restarting. */
  private CompletionStage<HttpResponse> live(Exchange exchange) {
    return Stages.direct(engine.status())
        .handle(
            (status, failure) ->
                failure == null
                    ? Answers.json(Json.object().put("status", "ok"))
                    : Answers.json(503, Json.object().put("status", "engine does not answer")));
  }

  private CompletionStage<HttpResponse> ready(Exchange exchange) {
    return Stages.direct(engine.status())
        .handle(
            (status, failure) -> {
              if (failure != null) {
                return notReady("the engine does not answer");
              }
              if (!accepting.getAsBoolean()) {
                return notReady("the server shuts down");
              }
              return status.ready() ? Answers.json(describe(status)) : notReady(status.reason());
            });
  }

  private static HttpResponse notReady(String reason) {
    return Answers.json(503, Json.object().put("status", "not ready").put("reason", reason))
        .addHeader(RawHeader.create("Retry-After", "2"));
  }

  private static ObjectNode describe(EngineStatus status) {
    ObjectNode answer = Json.object().put("status", "ok");
    answer.put("running", status.running()).put("waiting", status.waiting());
    ArrayNode devices = answer.putArray("devices");
    for (EngineStatus.DeviceStatus device : status.devices()) {
      ObjectNode entry = devices.addObject();
      entry
          .put("name", device.name())
          .put("state", device.state().name())
          .put("running", device.running())
          .put("kv_blocks", device.kvBlocks())
          .put("kv_blocks_used", device.usedKvBlocks())
          .put("kv_blocks_lent", device.lentKvBlocks())
          .put("draft_kv_blocks", device.draftKvBlocks())
          .put("draft_kv_blocks_used", device.usedDraftKvBlocks());
      if (!device.description().isEmpty()) {
        entry.put("bit_exact", device.bitExact());
      }
    }
    return answer;
  }

  private CompletionStage<HttpResponse> metrics(Exchange exchange) {
    return Stages.direct(engine.status())
        .thenApply(status -> Answers.text(PROMETHEUS, metrics.apply(status)));
  }

  private CompletionStage<HttpResponse> version(Exchange exchange) {
    ObjectNode answer =
        Json.object()
            .put("version", version)
            .put("model", engine.model().name())
            .put("java", Runtime.version().toString());
    return CompletableFuture.completedStage(Answers.json(answer));
  }

  private CompletionStage<HttpResponse> page(Exchange exchange) {
    return CompletableFuture.completedStage(
        Answers.text(ContentTypes.TEXT_HTML_UTF8, page.html())
            .addHeader(RawHeader.create("Content-Security-Policy", page.policy()))
            .addHeader(RawHeader.create("X-Content-Type-Options", "nosniff"))
            .addHeader(RawHeader.create("Referrer-Policy", "no-referrer")));
  }
}
