package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import java.util.List;

/**
 * Decides whether a request may wait, and predicts for how long: a pure function of the queue and
 * of the devices, with the cost model that the policy reckons with.
 *
 * <p>The wait for the first token on a device is {@code W = F + P}. P is the time of the prefill
 * steps for what is pending there, the request's share of what waits before it, and its own prompt.
 * F is the time until enough sequences have finished to free the places and KV blocks that are
 * missing, beside those that draft memory gives: with R output tokens to come on average, g tokens
 * a step and steps of T, running sequences of evenly spread ages finish at an even rate over {@code
 * 2 · R / g · T}, so that a missing share s of their places or blocks takes {@code s · 2 · R / g ·
 * T}. The request goes to the device that is ready first, and the others share what waits before
 * it.
 *
 * @param maxLateness a request is refused when its predicted wait is longer than this many times
 *     its TTFT target; {@link Double#POSITIVE_INFINITY} to refuse none for being late
 */
public record AdmissionControl(double maxLateness) {
  public AdmissionControl {
    if (!(maxLateness >= 1)) {
      throw new IllegalArgumentException(
          "the lateness at which requests are refused must be at least 1 (their TTFT target), not "
              + maxLateness);
    }
  }

  /** One device: how busy it is, and what its steps cost. */
  public record Outlook(SchedulerLoad load, CostModel cost) {
    /** P for so many prompt tokens beside what is pending. */
    double prefillNanos(double tokens) {
      double pending = load.pendingPrefillTokens() + tokens;
      double perStep = Math.min(pending, Math.max(1, load.stepTokens() - load.decodingSequences()));
      return Math.ceil(pending / perStep) * stepNanos(0, (int) perStep);
    }

    /** F for so many sequences that need places, and blocks for so many tokens together. */
    double freeingNanos(double sequences, double tokens) {
      int running = load.runningSequences();
      if (running == 0) {
        return 0;
      }
      double places = sequences + load.preemptedSequences() + running - load.maxSequences();
      double used = load.kvBlocks() - load.freeKvBlocks();
      double obtainable = load.freeKvBlocks() + load.obtainableKvBlocks();
      double blocks = Math.ceil(tokens / load.blockTokens()) - obtainable;
      double share = Math.max(Math.max(0, places / running), used > 0 ? blocks / used : 0);
      double left = load.expectedOutputTokens() / (running + load.preemptedSequences());
      return share * 2 * left / load.tokensPerStep() * stepNanos(0, 0);
    }

    /** A step of what decodes, of some more sequences beside it, and of prefill rows. */
    double stepNanos(int moreDecoding, int prefillRows) {
      int decoding = load.decodingSequences() + moreDecoding;
      return cost.overheadNanos(decoding)
          + cost.targetPassNanos(
              Math.max(1, decoding + prefillRows),
              load.contextTokens() + BatchView.contextReads(0, prefillRows));
    }
  }

  /** Why a request is refused. */
  public enum Reason {
    /** No device can hold its prompt, now or ever. */
    TOO_LONG,
    /** The queue is full, in requests or in tokens. */
    QUEUE_FULL,
    /** Its first token would come much later than its target. */
    TOO_LATE
  }

  /** What is decided. */
  public sealed interface Verdict {
    /** From arrival to the first token, as far as can be told; 0 when no device is ready. */
    long predictedWaitNanos();
  }

  /** The request may wait in the queue. */
  public record Admitted(long predictedWaitNanos) implements Verdict {}

  /**
   * The request is refused.
   *
   * @param retryAfterNanos when the same request would be admitted if nobody else came; 0 when
   *     never
   */
  public record Refused(Reason reason, long predictedWaitNanos, long retryAfterNanos)
      implements Verdict {}

  /** Whether {@code request} may wait. */
  public Verdict judge(InferenceRequest request, WaitingQueue waiting, List<Outlook> devices) {
    long wait = predictedWaitNanos(request, waiting, devices);
    int prompt = request.prompt().size();
    if (!devices.isEmpty() && devices.stream().noneMatch(each -> holds(each.load(), prompt))) {
      return new Refused(Reason.TOO_LONG, 0, 0);
    }
    double crowding = crowding(prompt, waiting);
    if (crowding > 0) {
      return new Refused(Reason.QUEUE_FULL, wait, Math.max(1, Math.round(crowding * wait)));
    }
    double patience = maxLateness * request.slo().ttftNanos();
    if (request.slo().hasTtft() && wait > patience) {
      return new Refused(Reason.TOO_LATE, wait, Math.round(wait - patience) + 1);
    }
    return new Admitted(wait);
  }

  /** Time until the first token of {@code request}; 0 when no device is ready to tell. */
  public static long predictedWaitNanos(
      InferenceRequest request, WaitingQueue waiting, List<Outlook> devices) {
    List<Outlook> ready = devices.stream().filter(each -> each.load().ready()).toList();
    double before = (double) waiting.positionOf(request) / Math.max(1, ready.size());
    double tokensBefore = (double) waiting.tokensBefore(request) / Math.max(1, ready.size());
    double least = Double.POSITIVE_INFINITY;
    for (Outlook device : ready) {
      double tokens = tokensBefore + request.prompt().size();
      double wait = device.freeingNanos(before + 1, tokens) + device.prefillNanos(tokens);
      least = Math.min(least, wait);
    }
    return Double.isInfinite(least) ? 0 : Math.round(least);
  }

  private static boolean holds(SchedulerLoad load, int promptTokens) {
    return promptTokens < load.capacityTokens();
  }

  /** The share of the queue that must go before the request fits; 0 when it fits. */
  private static double crowding(int prompt, WaitingQueue waiting) {
    double requests = (double) (waiting.size() + 1 - waiting.maxRequests()) / waiting.maxRequests();
    double tokens = (double) (waiting.tokens() + prompt - waiting.maxTokens());
    return Math.clamp(Math.max(requests, tokens / waiting.maxTokens()), 0, 1);
  }
}
