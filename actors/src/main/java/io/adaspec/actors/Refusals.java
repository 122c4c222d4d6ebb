package io.adaspec.actors;

import io.adaspec.actors.Refusal.Reason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.AdmissionControl.Refused;
import io.adaspec.runtime.scheduler.WaitingQueue;
import java.time.Duration;

/** The words of refusals. */
final class Refusals {
  private static final Duration SOON = Duration.ofSeconds(1);

  private Refusals() {}

  static Refusal draining() {
    return new Refusal(
        Reason.DRAINING, "the engine is shutting down; ask another one", Duration.ZERO, SOON);
  }

  static Refusal noDevice() {
    return new Refusal(
        Reason.NO_DEVICE,
        "all devices are lost; the engine must be started again",
        Duration.ZERO,
        Duration.ZERO);
  }

  static Refusal duplicate(RequestId id) {
    return new Refusal(
        Reason.DUPLICATE_ID,
        "a request of id " + id + " is running; choose another id",
        Duration.ZERO,
        Duration.ZERO);
  }

  static Refusal unknownToken(InferenceRequest request, EngineModel model) {
    return unknown("the prompt has token " + request.prompt().max(), model);
  }

  /** A logit bias of a token that is none. */
  static Refusal unknownBias(int token, EngineModel model) {
    return unknown("logit_bias names token " + token, model);
  }

  private static Refusal unknown(String what, EngineModel model) {
    return new Refusal(
        Reason.INVALID,
        what
            + ", but the vocabulary of "
            + model.name()
            + " ends at "
            + (model.tokenizer().vocabularySize() - 1)
            + "; use the model's own tokenizer",
        Duration.ZERO,
        Duration.ZERO);
  }

  static Refusal longerThanContext(InferenceRequest request, EngineModel model) {
    return new Refusal(
        Reason.NEVER_FITS,
        "the prompt has "
            + request.prompt().size()
            + " tokens and the context of "
            + model.name()
            + " "
            + model.contextTokens()
            + "; shorten the prompt",
        Duration.ZERO,
        Duration.ZERO);
  }

  static Refusal longerThanMemory(InferenceRequest request) {
    return new Refusal(
        Reason.NEVER_FITS,
        "the prompt has "
            + request.prompt().size()
            + " tokens, more than the KV memory of any device holds; shorten the prompt or give "
            + "the devices more KV memory",
        Duration.ZERO,
        Duration.ZERO);
  }

  static Refusal queueFull(WaitingQueue waiting, Refused refused) {
    Duration wait = Duration.ofNanos(refused.predictedWaitNanos());
    Duration retryAfter = Duration.ofNanos(refused.retryAfterNanos());
    return new Refusal(
        Reason.QUEUE_FULL,
        waiting.size()
            + " requests with "
            + waiting.tokens()
            + " tokens wait already, of at most "
            + waiting.maxRequests()
            + " and "
            + waiting.maxTokens()
            + ", and the first token of another would come after about "
            + wait.toMillis()
            + " ms; try again later",
        wait,
        retryAfter.compareTo(SOON) < 0 ? SOON : retryAfter);
  }

  static Refusal tooLate(InferenceRequest request, Refused refused) {
    Duration wait = Duration.ofNanos(refused.predictedWaitNanos());
    Duration retryAfter = Duration.ofNanos(refused.retryAfterNanos());
    return new Refusal(
        Reason.TOO_LATE,
        "the first token would come after about "
            + wait.toMillis()
            + " ms, its target is "
            + Duration.ofNanos(request.slo().ttftNanos()).toMillis()
            + " ms; try again in "
            + Math.max(1, retryAfter.toMillis())
            + " ms or state a longer target",
        wait,
        retryAfter);
  }
}
