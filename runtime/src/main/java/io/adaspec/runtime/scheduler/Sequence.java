package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.kvcache.BlockTable;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DraftEarnings;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.step.TokenHistory;
import java.util.Arrays;

/**
 * A request in its admitted form: the tokens known so far and how many of them are computed. Work
 * is the gap between the two, whether it came from a prompt, a preemption or a failover.
 *
 * <p>Changed by the one scheduler or queue that holds it. Not thread-safe.
 */
public final class Sequence {
  /** Weight of a new verification in the acceptance rate. */
  private static final double ACCEPTANCE_WEIGHT = 0.15;

  private static final int OUTPUT_ROOM = 64;
  private static final long NEVER = Long.MIN_VALUE / 2;

  private final InferenceRequest request;
  private final BlockTable targetKv = new BlockTable();
  private final BlockTable draftKv = new BlockTable();
  private int[] tokens;
  private int known;
  private long number = -1;
  private long lastStep = -1;
  private long lastDraftStep = NEVER;
  private boolean cancelled;
  private boolean apart;

  private boolean paused;
  private long pausedSinceNanos;
  private long pausedNanos;
  private boolean started;
  private long startedNanos;
  private boolean decoding;
  private boolean late;
  private long firstTokenNanos;
  private long pausedBeforeFirstToken;

  private double acceptanceRate = Double.NaN;
  private DraftEarnings earnings = DraftEarnings.none();
  private int cachedPromptTokens;
  private int steps;
  private int verifiedTokens;
  private int acceptedTokens;
  private int preemptions;

  Sequence(InferenceRequest request) {
    this.request = request;
    this.known = request.prompt().size();
    this.tokens = new int[known + Math.min(OUTPUT_ROOM, request.maxOutputTokens())];
    request.prompt().copyTo(tokens, 0);
  }

  public InferenceRequest request() {
    return request;
  }

  public RequestId id() {
    return request.id();
  }

  /** Prompt and output tokens so far. */
  public int knownTokens() {
    return known;
  }

  public int outputTokens() {
    return known - request.prompt().size();
  }

  /** A fresh copy of the output so far. */
  public TokenIds output() {
    return TokenIds.of(Arrays.copyOfRange(tokens, request.prompt().size(), known));
  }

  public boolean isPaused() {
    return paused;
  }

  /** What it has cost so far. */
  public SequenceStatistics statistics() {
    return new SequenceStatistics(
        started ? startedNanos - request.arrivalNanos() : 0,
        cachedPromptTokens,
        steps,
        verifiedTokens,
        acceptedTokens,
        preemptions);
  }

  int remainingOutput() {
    return request.maxOutputTokens() - outputTokens();
  }

  /** When its first token is due; {@link Long#MAX_VALUE} without a target. */
  long ttftDeadlineNanos() {
    SloTarget slo = request.slo();
    long deadline = request.arrivalNanos() + slo.ttftNanos();
    return slo.hasTtft() && deadline >= request.arrivalNanos() ? deadline : Long.MAX_VALUE;
  }

  /**
   * Whether its first token came after its target or, before it has come, is expected to; such a
   * sequence is served after those of its class that can still meet theirs.
   */
  boolean isLate() {
    return late;
  }

  /**
   * Judges that anew, until the first token has come.
   *
   * @param nanosPerToken how fast its prompt advances
   */
  void judge(long nowNanos, double nanosPerToken) {
    if (!decoding) {
      late = ttftDeadlineNanos() - nowNanos < gap() * nanosPerToken;
    }
  }

  /** Time since its first token, pauses left out; 0 before it. */
  long decodeElapsedNanos(long nowNanos) {
    if (!decoding) {
      return 0;
    }
    long pausedSince = pausedNanos - pausedBeforeFirstToken;
    long current = paused ? nowNanos - pausedSinceNanos : 0;
    return Math.max(0, nowNanos - firstTokenNanos - pausedSince - current);
  }

  double acceptanceRate() {
    return acceptanceRate;
  }

  /** What its drafts have earned, by drafter. */
  DraftEarnings earnings() {
    return earnings;
  }

  /**
   * Folds what a step's drafts earned for it.
   *
   * @param drafter who drafted
   * @param gainShare gain ÷ time of the step
   */
  void earn(DrafterKind drafter, double gainShare) {
    earnings = earnings.next(drafter, gainShare);
  }

  BlockTable targetKv() {
    return targetKv;
  }

  BlockTable draftKv() {
    return draftKv;
  }

  /** Tokens, those before the start of the draft KV counted, whose draft KV is computed. */
  int draftComputed() {
    return draftKv.start() + draftKv.computed();
  }

  /** Known tokens that are still to be computed. */
  int gap() {
    return known - targetKv.computed();
  }

  TokenHistory history() {
    return new TokenHistory(tokens, known, request.prompt().size());
  }

  /** The array behind the history; only the first {@link #knownTokens} are meant. */
  int[] tokens() {
    return tokens;
  }

  long number() {
    return number;
  }

  /** It comes under a scheduler, which numbers its sequences and steps. */
  void join(long ownNumber) {
    number = ownNumber;
    lastStep = -1;
    lastDraftStep = NEVER;
  }

  /** The last step it took part in. */
  long lastStep() {
    return lastStep;
  }

  /** The last step for which the draft model was chosen for it; long ago if there was none. */
  long lastDraftStep() {
    return lastDraftStep;
  }

  void chooseDraftModel(long step) {
    lastDraftStep = step;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void cancel() {
    cancelled = true;
  }

  /** Whether its steps are its own until its next token. */
  boolean isApart() {
    return apart;
  }

  void runApart() {
    apart = true;
  }

  void place(long nowNanos, int cachedTokens) {
    if (!started) {
      started = true;
      startedNanos = nowNanos;
      cachedPromptTokens = cachedTokens;
    }
  }

  void takePart(long step) {
    lastStep = step;
    steps++;
  }

  void append(int[] emitted, int count, long nowNanos) {
    if (known + count > tokens.length) {
      long most = (long) request.prompt().size() + request.maxOutputTokens();
      tokens = Arrays.copyOf(tokens, Math.max(known + count, (int) Math.min(most, 2L * known)));
    }
    System.arraycopy(emitted, 0, tokens, known, count);
    known += count;
    apart &= count == 0;
    if (!decoding && count > 0) {
      decoding = true;
      late = nowNanos > ttftDeadlineNanos();
      firstTokenNanos = nowNanos;
      pausedBeforeFirstToken = pausedNanos;
    }
  }

  /**
   * Folds one verification into the acceptance rate: of the {@code verified} draft tokens, those up
   * to the first rejection were really judged.
   */
  void observeDraft(int verified, int accepted) {
    verifiedTokens += verified;
    acceptedTokens += accepted;
    int judged = accepted < verified ? accepted + 1 : verified;
    for (int i = 0; i < judged; i++) {
      double label = i < accepted ? 1 : 0;
      acceptanceRate =
          Double.isNaN(acceptanceRate)
              ? label
              : acceptanceRate + ACCEPTANCE_WEIGHT * (label - acceptanceRate);
    }
  }

  void pause(long nowNanos) {
    if (!paused) {
      paused = true;
      pausedSinceNanos = nowNanos;
    }
  }

  void resume(long nowNanos) {
    if (paused) {
      paused = false;
      pausedNanos += Math.max(0, nowNanos - pausedSinceNanos);
    }
  }

  void countPreemption() {
    preemptions++;
  }

  @Override
  public String toString() {
    return "sequence "
        + number
        + " of request "
        + id()
        + ": "
        + known
        + " known, "
        + targetKv.computed()
        + " computed";
  }
}
