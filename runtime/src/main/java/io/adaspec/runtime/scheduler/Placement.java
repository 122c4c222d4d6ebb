package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.AdmissionControl.Outlook;
import java.util.ArrayList;
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
 * same look counts for those behind it. Between equal finishes the device with less to do wins.
 *
 * <p>One look at the devices as they are now; used by one thread before their state changes.
 */
public final class Placement {
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

    double outstandingTokens() {
      SchedulerLoad load = outlook.load();
      return load.pendingPrefillTokens() + load.remainingOutputTokens() + prefillTokens;
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
    Candidate best = null;
    double bestFinish = Double.POSITIVE_INFINITY;
    int bestCached = 0;
    for (Candidate candidate : candidates) {
      if (sequence.knownTokens() >= candidate.outlook.load().capacityTokens()) {
        continue;
      }
      int cached = candidate.scheduler.cachedTokens(sequence);
      double finish = candidate.finishNanos(sequence, cached);
      boolean idler =
          best != null
              && finish == bestFinish
              && candidate.outstandingTokens() < best.outstandingTokens();
      if (best == null || finish < bestFinish || idler) {
        best = candidate;
        bestFinish = finish;
        bestCached = cached;
      }
    }
    if (best == null) {
      return null;
    }
    best.sequences++;
    best.prefillTokens += sequence.knownTokens() - bestCached;
    return best.scheduler;
  }
}
