package io.adaspec.api.http;

import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * One method on one path.
 *
 * @param method for example {@code GET}; {@code GET} answers {@code HEAD} too
 * @param path exact, or a prefix that ends in {@code *}
 * @param access who may use it
 * @param handler answers; it must consume or discard the request's body, but for {@code GET}
 */
public record Route(String method, String path, Access access, Handler handler) {

  /** Answers an exchange; a failure becomes an error answer. */
  @FunctionalInterface
  public interface Handler {
    CompletionStage<HttpResponse> handle(Exchange exchange);
  }

  /** A route that needs a key. */
  public static Route of(String method, String path, Handler handler) {
    return new Route(method, path, Access.KEY, handler);
  }

  boolean matches(String requested) {
    return path.endsWith("*")
        ? requested.length() >= path.length() && requested.startsWith(prefix())
        : requested.equals(path);
  }

  String rest(String requested) {
    return path.endsWith("*") ? requested.substring(path.length() - 1) : "";
  }

  private String prefix() {
    return path.substring(0, path.length() - 1);
  }
}
