package io.adaspec.runtime.scheduler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Who computes how many rows in the step being planned, within its budget of rows. */
final class StepRows {
  private final long step;
  private final int budget;
  private final Predicate<Sequence> eligible;
  private final Predicate<Sequence> mayTake;
  private final List<Sequence> sequences = new ArrayList<>();
  private final List<Sequence> preempted = new ArrayList<>();
  private int[] rows = new int[64];
  private int used;
  private boolean memoryShort;

  /**
   * @param eligible who may take part
   * @param mayTake which of them may come from the queue
   */
  StepRows(long step, int budget, Predicate<Sequence> eligible, Predicate<Sequence> mayTake) {
    this.step = step;
    this.budget = budget;
    this.eligible = eligible;
    this.mayTake = mayTake;
  }

  /** Whether a sequence may take part: it is not paused, and did not lose its KV for this step. */
  boolean admits(Sequence sequence) {
    return !sequence.isPaused() && eligible.test(sequence) && !preempted.contains(sequence);
  }

  /** Whether a waiting sequence may be placed and take part. */
  boolean admitsNew(Sequence sequence) {
    return admits(sequence) && mayTake.test(sequence);
  }

  void add(Sequence sequence, int count) {
    if (sequences.size() == rows.length) {
      rows = Arrays.copyOf(rows, rows.length * 2);
    }
    rows[sequences.size()] = count;
    sequences.add(sequence);
    sequence.takePart(step);
    used += count;
  }

  long step() {
    return step;
  }

  int size() {
    return sequences.size();
  }

  Sequence sequence(int index) {
    return sequences.get(index);
  }

  int rows(int index) {
    return rows[index];
  }

  List<Sequence> sequences() {
    return sequences;
  }

  /** Rows that are still free. */
  int left() {
    return budget - used;
  }

  boolean has(Sequence sequence) {
    return sequence.lastStep() == step;
  }

  /** Whether target KV was short while this step was planned. */
  boolean isMemoryShort() {
    return memoryShort;
  }

  void noteMemoryShort() {
    memoryShort = true;
  }

  /** Sequences that lost their KV while this step was planned; they do not come back in it. */
  List<Sequence> preempted() {
    return preempted;
  }
}
