package io.adaspec.api.http;

import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * One request on its way through the server.
 *
 * @param request as it came
 * @param rest what a route that ends in {@code *} matched; else empty
 * @param requestId names it in logs and in the header {@code x-request-id}
 * @param principal whom it speaks for
 * @param allowance what its key may do
 * @param connection goes when its client disconnects
 * @param arrivalNanos when it came, on the engine's clock
 */
public record Exchange(
    HttpRequest request,
    String rest,
    String requestId,
    Principal principal,
    Allowance allowance,
    Connection connection,
    long arrivalNanos) {

  /** The same client's next message on this connection. */
  public Exchange arrivedAt(long nanos) {
    return new Exchange(request, rest, requestId, principal, allowance, connection, nanos);
  }
}
