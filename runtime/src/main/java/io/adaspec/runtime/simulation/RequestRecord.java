package io.adaspec.runtime.simulation;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.AdmissionControl;
import io.adaspec.runtime.scheduler.SequenceStatistics;
import io.adaspec.runtime.scheduler.TokenEmission;

/** What became of one request: when it was served and what it got. Filled by the simulation. */
public final class RequestRecord {
  /** Where a request is. */
  public enum State {
    EXPECTED,
    ADMITTED,
    FINISHED,
    REFUSED,
    CANCELLED
  }

  private static final long TEXT_FACTOR = 0x9E3779B97F4A7C15L;

  private final InferenceRequest request;
  private State state = State.EXPECTED;
  private long predictedWaitNanos;
  private long retryAfterNanos;
  private long firstTokenNanos;
  private long lastTokenNanos;
  private long longestItlNanos;
  private int outputTokens;
  private long outputHash;
  private SequenceStatistics statistics = new SequenceStatistics(0, 0, 0, 0, 0, 0);

  RequestRecord(InferenceRequest request) {
    this.request = request;
  }

  void admit(long predicted) {
    state = State.ADMITTED;
    predictedWaitNanos = predicted;
  }

  void refuse(AdmissionControl.Refused refusal) {
    state = State.REFUSED;
    predictedWaitNanos = refusal.predictedWaitNanos();
    retryAfterNanos = refusal.retryAfterNanos();
  }

  void cancel() {
    if (state != State.FINISHED && state != State.REFUSED) {
      state = State.CANCELLED;
    }
  }

  void emit(TokenEmission emission, long nowNanos) {
    if (state != State.ADMITTED || emission.firstOutput() != outputTokens) {
      throw new IllegalStateException(
          "request "
              + request.id()
              + " is "
              + state
              + " with "
              + outputTokens
              + " tokens and gets those from "
              + emission.firstOutput()
              + " on");
    }
    if (outputTokens == 0) {
      firstTokenNanos = nowNanos;
    } else {
      longestItlNanos = Math.max(longestItlNanos, nowNanos - lastTokenNanos);
    }
    for (int token : emission.tokens()) {
      outputHash = (outputHash ^ token) * TEXT_FACTOR;
      outputHash ^= outputHash >>> 29;
    }
    outputTokens += emission.tokens().length;
    lastTokenNanos = nowNanos;
    statistics = emission.statistics();
    if (emission.finish().isPresent()) {
      state = State.FINISHED;
    }
  }

  public InferenceRequest request() {
    return request;
  }

  public State state() {
    return state;
  }

  /** What admission promised: from arrival to the first token. */
  public long predictedWaitNanos() {
    return predictedWaitNanos;
  }

  /** When a refused request was told to try again. */
  public long retryAfterNanos() {
    return retryAfterNanos;
  }

  public int outputTokens() {
    return outputTokens;
  }

  /** Differs when the output differs. */
  public long outputHash() {
    return outputHash;
  }

  public SequenceStatistics statistics() {
    return statistics;
  }

  /** From arrival to the first token. */
  public long ttftNanos() {
    return firstTokenNanos - request.arrivalNanos();
  }

  /** Mean time per output token after the first; 0 for a single token. */
  public long tpotNanos() {
    return outputTokens < 2 ? 0 : (lastTokenNanos - firstTokenNanos) / (outputTokens - 1);
  }

  /** The longest time between two tokens that did not come together; 0 when there is none. */
  public long longestItlNanos() {
    return longestItlNanos;
  }

  /** From arrival to the last token. */
  public long e2eNanos() {
    return lastTokenNanos - request.arrivalNanos();
  }

  public long lastTokenNanos() {
    return lastTokenNanos;
  }

  public boolean metTtft() {
    return state == State.FINISHED && ttftNanos() <= request.slo().ttftNanos();
  }

  public boolean metTpot() {
    return state == State.FINISHED && tpotNanos() <= request.slo().tpotNanos();
  }

  /** Whether it finished within all its targets. */
  public boolean metSlo() {
    return metTtft() && metTpot();
  }
}
