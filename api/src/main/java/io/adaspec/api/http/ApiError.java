package io.adaspec.api.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;

/**
 * An error as clients see it: status code and error object. Clients of the OpenAI interface retry
 * 408, 409, 429 and everything from 500 on; what will not go away by itself is therefore a 4xx or
 * says {@code retryable = false}.
 *
 * @param status HTTP status code
 * @param type class of the error, such as {@code invalid_request_error}
 * @param message what, the value and the remedy
 * @param param the request field at fault
 * @param code for programs, such as {@code context_length_exceeded}
 * @param retryAfter when trying again has a chance
 * @param retryable whether the same request may succeed later
 */
public record ApiError(
    int status,
    String type,
    String message,
    Optional<String> param,
    Optional<String> code,
    Optional<Duration> retryAfter,
    boolean retryable) {

  private static final String INVALID = "invalid_request_error";

  /** 400 for a field's value. */
  public static ApiError invalid(String param, String message) {
    return new ApiError(
        400,
        INVALID,
        message,
        Optional.of(param),
        Optional.of("invalid_value"),
        Optional.empty(),
        false);
  }

  /** 400 for a field that is known but not supported with this value. */
  public static ApiError unsupported(String param, String message) {
    return new ApiError(
        400,
        INVALID,
        message,
        Optional.of(param),
        Optional.of("unsupported_parameter"),
        Optional.empty(),
        false);
  }

  /** A client error other than 400 for a value. */
  public static ApiError client(int status, String type, String code, String message) {
    return new ApiError(
        status, type, message, Optional.empty(), Optional.of(code), Optional.empty(), false);
  }

  /** An {@code invalid_request_error} with a status and code of its own. */
  public static ApiError request(int status, String code, String message) {
    return client(status, INVALID, code, message);
  }

  /** 403 for something that the key must not ask for. */
  public static ApiError forbidden(String param, String code, String message) {
    return new ApiError(
        403,
        "permission_error",
        message,
        Optional.of(param),
        Optional.of(code),
        Optional.empty(),
        false);
  }

  /** 503 or another busy status, with the wait that the engine predicts. */
  public static ApiError busy(int status, String code, String message, Duration retryAfter) {
    return new ApiError(
        status,
        status == 429 ? "rate_limit_error" : "overloaded_error",
        message,
        Optional.empty(),
        Optional.of(code),
        Optional.of(retryAfter),
        true);
  }

  /** 500: our fault. The message holds nothing of the cause. */
  public static ApiError internal(String message) {
    return new ApiError(
        500,
        "server_error",
        message,
        Optional.empty(),
        Optional.of("internal_error"),
        Optional.empty(),
        false);
  }

  /** This error, not to be retried. */
  public ApiError asPermanent() {
    return new ApiError(status, type, message, param, code, retryAfter, false);
  }

  /** The object under {@code error}; all four fields are there, {@code message, type} non-null. */
  public ObjectNode toJson() {
    ObjectNode error = Json.object();
    error.put("message", message);
    error.put("type", type);
    param.ifPresentOrElse(value -> error.put("param", value), () -> error.putNull("param"));
    code.ifPresentOrElse(value -> error.put("code", value), () -> error.putNull("code"));
    return error;
  }

  /** {@code {"error": {…}}}. */
  public ObjectNode toBody() {
    ObjectNode body = Json.object();
    body.set("error", toJson());
    return body;
  }
}
