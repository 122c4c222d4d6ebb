package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.AdmissionControl.Outlook;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Says which of several devices that share a queue is to take a waiting request: the one on which
 * it is predicted to finish first. Requests wait in the queue until that device has room, and are
 * judged anew for every step, so a prediction that was wrong is mended while they wait.
 *
 * <p>The finish on a device is {@code F = H + W + D}. H is what is left of the step under way: its
 * predicted time less what has passed, and as long again as has passed when that was more, so that
 * nobody waits for a device that hangs. W is the wait for the first token as {@link
 * AdmissionControl} predicts it, without the prompt tokens whose KV the device has cached: that is
 * the prefix affinity. D is the time of the output, {@code o / g} steps of T with o tokens to come,
 * g tokens a step, and T the step beside all that decode there. What was given to a device in the
 * same look counts for those behind it.
 *
 * <p>Finishes within {@value #ALIKE_PERCENT} % of the first count as equal, for the measured costs
 * of equal devices differ by that much, and would send all requests to one of two idle devices.
 * Among them a device with less to do wins, if it has cached as much of the prompt or nothing at
 * all to do: elsewhere the prefill of what is cached would delay others for little.
 *
 * <p>One look at the devices as they are now; used by one thread before their state changes.
 */
public final class Placement {
  private static final int ALIKE_PERCENT = 10;

  private static final Comparator<Prediction> LEAST_TO_DO =
      Comparator.comparingDouble(Prediction::outstandingTokens);
  private static final Comparator<Prediction> FIRST =
      Comparator.comparingDouble(Prediction::finishNanos).thenComparing(LEAST_TO_DO);

  private final List<Candidate> candidates = new ArrayList<>();
  private final Map<RequestId, Scheduler> chosen = new HashMap<>();

  private Placement(List<Scheduler> ready, long nowNanos) {
    ready.forEach(scheduler -> candidates.add(new Candidate(scheduler, nowNanos)));
  }

  /** A device, and what this look has given it already. */
  private static final class Candidate {
    private final Scheduler scheduler;
    private final Outlook outlook;
    private final double busyNanos;
    private int sequences;
    private double prefillTokens;
    private double outputTokens;

    Candidate(Scheduler scheduler, long nowNanos) {
      this.scheduler = scheduler;
      this.outlook = scheduler.outlook();
      double passed = scheduler.inFlightNanos(nowNanos);
      double predicted = outlook.stepNanos(0, 0);
      boolean busy = outlook.load().stepInFlight();
      this.busyNanos = !busy ? 0 : passed < predicted ? predicted - passed : passed;
    }

    double finishNanos(Sequence sequence, int cached) {
      SchedulerLoad load = outlook.load();
      double prefill = prefillTokens + sequence.knownTokens() - cached;
      double left = sequence.remainingOutput();
      double likely = load.remainingOutputTokens();
      double output = likely > 0 ? left * load.expectedOutputTokens() / likely : left;
      return busyNanos
          + outlook.freeingNanos(sequences + 1, prefill + cached)
          + outlook.prefillNanos(prefill)
          + output / load.tokensPerStep() * outlook.stepNanos(sequences + 1, 0);
    }

    void give(Sequence sequence, int cached) {
      sequences++;
      prefillTokens += sequence.knownTokens() - cached;
      outputTokens += sequence.remainingOutput();
    }

    double outstandingTokens() {
      SchedulerLoad load = outlook.load();
      return load.pendingPrefillTokens()
          + load.remainingOutputTokens()
          + prefillTokens
          + outputTokens;
    }
  }

  /**
   * Which waiting sequences a device may take.
   *
   * @param device one of {@code all}
   * @param all that share the queue; those that are not ready take nothing
   */
  public static Predicate<Sequence> on(Scheduler device, List<Scheduler> all, long nowNanos) {
    List<Scheduler> ready = all.stream().filter(Scheduler::isReady).toList();
    if (ready.size() < 2) {
      return sequence -> true;
    }
    return new Predicate<>() {
      private @Nullable Placement look; // many steps are planned while nobody waits

      @Override
      public boolean test(Sequence sequence) {
        if (look == null) {
          look = new Placement(ready, nowNanos);
        }
        return look.choose(sequence) == device;
      }
    };
  }

  private @Nullable Scheduler choose(Sequence sequence) {
    return chosen.computeIfAbsent(sequence.id(), id -> predict(sequence));
  }

  private @Nullable Scheduler predict(Sequence sequence) {
    List<Prediction> predictions = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (sequence.knownTokens() < candidate.outlook.load().capacityTokens()) {
        int cached = candidate.scheduler.cachedTokens(sequence);
        double finish = candidate.finishNanos(sequence, cached);
        predictions.add(new Prediction(candidate, finish, cached, candidate.outstandingTokens()));
      }
    }
    if (predictions.isEmpty()) {
      return null;
    }
    Prediction first = Collections.min(predictions, FIRST);
    Prediction best =
        predictions.stream().filter(each -> each.relieves(first)).min(LEAST_TO_DO).orElse(first);
    best.candidate().give(sequence, best.cached());
    return best.candidate().scheduler;
  }

  /** What a device would do with a sequence, and has to do without it. */
  private record Prediction(
      Candidate candidate, double finishNanos, int cached, double outstandingTokens) {

    /** Whether to prefer it to the device that would finish first. */
    boolean relieves(Prediction first) {
      return finishNanos <= first.finishNanos * (1 + ALIKE_PERCENT / 100.0)
          && outstandingTokens < first.outstandingTokens
          && (cached >= first.cached || outstandingTokens == 0);
    }
  }
}
