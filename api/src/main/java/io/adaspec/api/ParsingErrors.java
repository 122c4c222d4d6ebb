package io.adaspec.api;

import io.adaspec.api.http.Answers;
import io.adaspec.api.http.ApiError;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * Answers requests that the library cannot even parse, with an error object as everywhere else. The
 * library finds it by its name in the settings.
 */
public final class ParsingErrors extends ParsingErrorHandler {
  /** Where the library looks for the one instance. */
  @SuppressWarnings("MemberName")
  public static final ParsingErrors MODULE$ = new ParsingErrors();

  private ParsingErrors() {}

  /** The details of {@code info} quote the request; its summary does not. */
  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
    int code = status.intValue();
    return Answers.error(ApiError.request(code, name(code), info.summary()));
  }

  private static String name(int status) {
    return switch (status) {
      case 413 -> "request_too_large";
      case 414 -> "uri_too_long";
      case 431 -> "headers_too_large";
      default -> "malformed_request";
    };
  }
}
