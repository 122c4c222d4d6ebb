package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.ServiceClass;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Waiting sequences that cannot meet their TTFT target, most urgent first. Under overload these are
 * nearly all that wait, thousands perhaps, so nothing here that a step or an arrival asks for looks
 * at each of them: sums are kept by class, and those whose deadline has passed are not judged
 * again. Not thread-safe.
 */
final class LateSequences {
  private final TreeSet<Sequence> byUrgency = new TreeSet<>(WaitingQueue.URGENCY);

  /** Those that may yet turn out not to be late. */
  private final Set<Sequence> expected = new LinkedHashSet<>();

  private final NavigableMap<ServiceClass, Totals> totals = new TreeMap<>();

  /**
   * Of one class.
   *
   * @param requests that wait
   * @param tokens of their prompts
   */
  record Totals(int requests, long tokens) {
    private static final Totals NONE = new Totals(0, 0);

    private Totals plus(Totals other) {
      return new Totals(requests + other.requests, tokens + other.tokens);
    }
  }

  Set<Sequence> byUrgency() {
    return byUrgency;
  }

  void add(Sequence sequence) {
    byUrgency.add(sequence);
    expected.add(sequence);
    count(sequence, 1);
  }

  void remove(Sequence sequence) {
    byUrgency.remove(sequence);
    expected.remove(sequence);
    count(sequence, -1);
  }

  private void count(Sequence sequence, int sign) {
    Totals change = new Totals(sign, (long) sign * sequence.knownTokens());
    totals.merge(sequence.request().serviceClass(), change, Totals::plus);
  }

  /** Those of higher classes than {@code serviceClass}. */
  Totals above(ServiceClass serviceClass) {
    return totals.headMap(serviceClass).values().stream().reduce(Totals.NONE, Totals::plus);
  }

  /**
   * Judges anew those whose deadline has not passed.
   *
   * @param rescued takes those that are not late any more; they are not here any more either
   */
  void judge(long nowNanos, double nanosPerToken, Consumer<Sequence> rescued) {
    for (Iterator<Sequence> all = expected.iterator(); all.hasNext(); ) {
      Sequence sequence = all.next();
      sequence.judge(nowNanos, nanosPerToken);
      if (!sequence.isLate()) {
        all.remove();
        byUrgency.remove(sequence);
        count(sequence, -1);
        rescued.accept(sequence);
      } else if (sequence.ttftDeadlineNanos() < nowNanos) {
        all.remove();
      }
    }
  }
}
