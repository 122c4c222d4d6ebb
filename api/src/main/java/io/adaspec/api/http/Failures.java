package io.adaspec.api.http;

import io.adaspec.actors.EngineFailedException;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.RequestRefusedException;
import io.adaspec.actors.SlowConsumerException;
import io.adaspec.runtime.text.ChatTemplateException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What clients are told of failures. Unexpected ones are logged, without the request's text. */
public final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);
  private static final Duration LOADING = Duration.ofSeconds(2);
  private static final Pattern TEMPLATE_LINE = Pattern.compile("failed: line (\\d+): ");

  private Failures() {}

  /** The error for a failure of any kind. */
  public static ApiError toError(Throwable failure) {
    return switch (unwrap(failure)) {
      case ApiException api -> api.error();
      case RequestRefusedException refused -> refused(refused.refusal());
      case ChatTemplateException template -> template(template);
      case SlowConsumerException slow ->
          ApiError.request(408, "slow_consumer", message(slow)).asPermanent();
      case EngineFailedException failed when failed.retryable() ->
          ApiError.busy(503, "request_interrupted", message(failed), LOADING);
      case EngineFailedException failed -> {
        LOG.warn("a request failed: {}", message(failed));
        yield ApiError.internal("the engine could not finish the request: " + message(failed));
      }
      case RejectedExecutionException full ->
          ApiError.busy(503, "server_busy", "too many requests wait to be read", LOADING);
      case TimeoutException timeout ->
          ApiError.busy(503, "engine_silent", "the engine does not answer", LOADING);
      case Throwable other -> {
        LOG.error("unexpected failure while answering a request", other);
        yield ApiError.internal("internal error; the server's log has the details");
      }
    };
  }

  private static ApiError refused(Refusal refusal) {
    Duration wait = refusal.retryAfter().isPositive() ? refusal.retryAfter() : LOADING;
    return switch (refusal.reason()) {
      case INVALID -> ApiError.invalid("prompt", refusal.message());
      case NEVER_FITS -> ApiError.request(400, "context_length_exceeded", refusal.message());
      case QUEUE_FULL -> ApiError.busy(503, "queue_full", refusal.message(), wait);
      case TOO_LATE -> ApiError.busy(503, "slo_not_attainable", refusal.message(), wait);
      case DRAINING -> ApiError.busy(503, "shutting_down", refusal.message(), wait);
      case NO_DEVICE ->
          refusal.retryable()
              ? ApiError.busy(503, "not_ready", refusal.message(), wait)
              : ApiError.client(503, "overloaded_error", "not_ready", refusal.message());
      case DUPLICATE_ID -> ApiError.request(409, "duplicate_request", refusal.message());
    };
  }

  private static ApiError template(ChatTemplateException failure) {
    return switch (failure.reason()) {
      case REFUSED ->
          ApiError.invalid(
              "messages", "the model's chat template refused the messages: " + message(failure));
      case FAILED -> {
        LOG.warn("the model's chat template failed {}", place(message(failure)));
        yield ApiError.request(
            400, "chat_template_failed", "the model's chat template cannot render the messages");
      }
    };
  }

  /** Where, and nothing else: the template engine's words may quote what the client sent. */
  private static String place(String message) {
    Matcher line = TEMPLATE_LINE.matcher(message);
    return line.find() ? "at line " + line.group(1) : "as a whole";
  }

  private static String message(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  /** The failure itself, without the wrappers of asynchronous stages. */
  public static Throwable unwrap(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean wrapper =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    return wrapper && cause != null ? unwrap(cause) : failure;
  }
}
