package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sequences that belong to one scheduler: those that hold KV (running, some of them paused) and
 * those that gave it up and wait to go on (preempted). Running ones are kept in order of priority:
 * class, then arrival.
 */
final class Residents {
  private static final Comparator<Sequence> PRIORITY =
      Comparator.<Sequence, ServiceClass>comparing(s -> s.request().serviceClass())
          .thenComparingLong(s -> s.request().arrivalNanos())
          .thenComparingLong(Sequence::number);

  private final List<Sequence> running = new ArrayList<>();
  private final List<Sequence> preempted = new ArrayList<>();
  private final Map<RequestId, Sequence> byId = new HashMap<>();
  private long nextNumber;

  /** Most important first. */
  List<Sequence> running() {
    return running;
  }

  List<Sequence> preempted() {
    return preempted;
  }

  List<Sequence> all() {
    return List.copyOf(byId.values());
  }

  @Nullable Sequence find(RequestId id) {
    return byId.get(id);
  }

  int activeCount() {
    int count = 0;
    for (Sequence sequence : running) {
      count += sequence.isPaused() ? 0 : 1;
    }
    return count;
  }

  /** A sequence from the waiting queue, or a preempted one, starts to run. */
  void run(Sequence sequence) {
    if (byId.putIfAbsent(sequence.id(), sequence) == null) {
      sequence.join(nextNumber++);
    } else {
      preempted.remove(sequence);
    }
    int at = Collections.binarySearch(running, sequence, PRIORITY);
    running.add(-at - 1, sequence);
  }

  void preempt(Sequence sequence) {
    running.remove(sequence);
    preempted.add(sequence);
    preempted.sort(WaitingQueue.URGENCY);
  }

  void remove(Sequence sequence) {
    byId.remove(sequence.id());
    running.remove(sequence);
    preempted.remove(sequence);
  }

  /** The most urgent preempted sequence that may take part and is shorter than the capacity. */
  @Nullable Sequence firstPreempted(StepRows step, int capacityTokens) {
    for (Sequence sequence : preempted) {
      if (sequence.knownTokens() < capacityTokens && step.admits(sequence)) {
        return sequence;
      }
    }
    return null;
  }

  /** The most important sequence that runs apart and is not paused. */
  Optional<Sequence> firstApart() {
    for (List<Sequence> sequences : List.of(running, preempted)) {
      for (Sequence sequence : sequences) {
        if (sequence.isApart() && !sequence.isPaused()) {
          return Optional.of(sequence);
        }
      }
    }
    return Optional.empty();
  }

  void checkInvariants() {
    if (running.size() + preempted.size() != byId.size()) {
      throw new IllegalStateException(
          running.size()
              + " running and "
              + preempted.size()
              + " preempted sequences, but "
              + byId.size()
              + " ids");
    }
    for (int i = 1; i < running.size(); i++) {
      if (PRIORITY.compare(running.get(i - 1), running.get(i)) >= 0) {
        throw new IllegalStateException("running sequences are out of order at " + i);
      }
    }
    for (Sequence sequence : preempted) {
      if (sequence.targetKv().blocks() + sequence.draftKv().blocks() != 0) {
        throw new IllegalStateException(sequence + " is preempted but holds KV blocks");
      }
    }
  }
}
