package io.adaspec.api.http;

import io.adaspec.runtime.time.NanoClock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;

/**
 * All routes of the server and the one place where access is decided: a request is let through if
 * its route is public or its key is accepted for it. Whatever has no route needs a key as well, so
 * that strangers do not learn what there is.
 */
public final class RouteTable {
  private final List<Route> routes;
  private final ApiKeys keys;
  private final NanoClock clock;
  private final Function<Throwable, ApiError> failures;
  private final Materializer materializer;
  private final AtomicLong requests = new AtomicLong();

  /**
   * Makes the table.
   *
   * @param failures what clients are told of a failed handler
   */
  public RouteTable(
      List<Route> routes,
      ApiKeys keys,
      NanoClock clock,
      Function<Throwable, ApiError> failures,
      Materializer materializer) {
    this.routes = List.copyOf(routes);
    this.keys = keys;
    this.clock = clock;
    this.failures = failures;
    this.materializer = materializer;
  }

  /** Every route. */
  public List<Route> routes() {
    return routes;
  }

  /** Answers a request; the stage never fails. */
  public CompletionStage<HttpResponse> handle(HttpRequest request, Connection connection) {
    long arrivalNanos = clock.nanoTime();
    String requestId = "req-" + requests.incrementAndGet();
    return answer(request, requestId, connection, arrivalNanos)
        .thenApply(response -> response.addHeader(RawHeader.create("x-request-id", requestId)));
  }

  private CompletionStage<HttpResponse> answer(
      HttpRequest request, String requestId, Connection connection, long arrivalNanos) {
    String path = request.getUri().path();
    List<Route> onPath = routes.stream().filter(route -> route.matches(path)).toList();
    String method = request.method().name().equals("HEAD") ? "GET" : request.method().name();
    Optional<Route> route =
        onPath.stream().filter(each -> each.method().equals(method)).findFirst();
    Optional<Grant> granted = keys.authenticate(request);
    boolean open = route.isPresent() && route.get().access() == Access.PUBLIC;
    if (granted.isEmpty() && !open) {
      return refuse(request, unauthorized(path));
    }
    if (onPath.isEmpty()) {
      return refuse(
          request,
          Answers.error(ApiError.request(404, "not_found", "there is nothing at this path")));
    }
    if (route.isEmpty()) {
      return refuse(request, notAllowed(onPath));
    }
    Grant grant = granted.orElse(Grant.EVERYBODY);
    if (route.get().access() == Access.ADMIN && !grant.allowance().rights().admin()) {
      return refuse(request, Answers.error(notAdmin()));
    }
    Exchange exchange =
        new Exchange(
            request,
            route.get().rest(path),
            requestId,
            grant.principal(),
            grant.allowance(),
            connection,
            arrivalNanos);
    return guarded(route.get(), exchange);
  }

  private CompletionStage<HttpResponse> guarded(Route route, Exchange exchange) {
    if (route.method().equals("GET")) {
      exchange.request().discardEntityBytes(materializer);
    }
    CompletionStage<HttpResponse> answer;
    try {
      answer = route.handler().handle(exchange);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedStage(e);
    }
    return answer.exceptionally(failure -> Answers.error(failures.apply(failure)));
  }

  private CompletionStage<HttpResponse> refuse(HttpRequest request, HttpResponse response) {
    request.discardEntityBytes(materializer);
    return CompletableFuture.completedStage(response);
  }

  private static HttpResponse unauthorized(String path) {
    ApiError error =
        ApiError.client(
            401,
            "authentication_error",
            "invalid_api_key",
            "a valid API key is required: send the header 'Authorization: Bearer KEY'");
    String scheme = path.equals("/") ? "Basic realm=\"adaspec\"" : "Bearer";
    return Answers.error(error).addHeader(RawHeader.create("WWW-Authenticate", scheme));
  }

  private static ApiError notAdmin() {
    return ApiError.client(
        403,
        "permission_error",
        "admin_required",
        "this API key may not change the policy; set admin = true for it");
  }

  private static HttpResponse notAllowed(List<Route> onPath) {
    String allowed = String.join(", ", onPath.stream().map(Route::method).distinct().toList());
    return Answers.error(
            ApiError.request(405, "method_not_allowed", "this path answers only to " + allowed))
        .addHeader(RawHeader.create("Allow", allowed));
  }
}
