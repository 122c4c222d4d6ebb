package io.adaspec.runtime.device.profile;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.step.StepTiming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Measures what passes cost on an open device, one small piece at a time, so that its owner may do
 * other work between two pieces.
 *
 * <p>First the KV that later steps read is computed. Then come steps that compile and warm the
 * kernels, until they become no faster, and, twice over, rows × contexts: decoding, verifying one
 * draft token each (which times a draft pass too), prefill chunks; small before large. A point is
 * the median of up to {@value #REPETITIONS} steps after one that is not counted, and the lesser of
 * the two rounds; points that would overrun the budget are left out. Used by the thread that
 * executes the device's steps.
 */
public final class DeviceProfiler {
  /** What {@code serve} and {@code profile} spend at most. */
  public static final Duration BUDGET = Duration.ofSeconds(15);

  private static final int REPETITIONS = 3;
  private static final int ROUNDS = 2;
  private static final long WARM_UP_NANOS = 500_000_000;
  private static final int SETTLED_STEPS = 50;
  private static final int[] SEQUENCES = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
  private static final int[] PREFILLS = {16, 64, 256};
  private static final int SHORT_CONTEXT = 16;
  private static final int FILL_ROWS = 64;

  /** Measured whatever the budget: without a draft pass and a verify pass a profile misleads. */
  private static final int LEAST_POINTS = 4;

  private final ProfileSteps steps;
  private final long budgetNanos;
  private final double pieceNanos;
  private final DeviceInfo info;
  private final ProfileFit fit = new ProfileFit();
  private List<ProfilePoint> points = List.of();
  private final Set<ProfilePoint> measured = new HashSet<>();
  private long spentNanos;
  private long lastNanos;
  private int filled;
  private double nanosPerRow;
  private long leastNanos = Long.MAX_VALUE;
  private int settledSteps;
  private boolean warm;
  private int round;
  private int next;

  /** A profiler that may overwrite all of the device's KV memory. */
  public DeviceProfiler(Device device, Duration budget) {
    this(device, 0, device.info().kvBlocks(), budget, budget);
  }

  /**
   * @param firstBlock first of the KV blocks that it may overwrite, of target and draft alike
   * @param blocks how many; together at least one token of each sequence
   * @param budget time to spend on measurements, all pieces together
   * @param piece about the longest time of a piece
   */
  public DeviceProfiler(
      Device device, int firstBlock, int blocks, Duration budget, Duration piece) {
    this.steps = new ProfileSteps(device, firstBlock, blocks);
    this.budgetNanos = budget.toNanos();
    this.pieceNanos = piece.toNanos();
    this.info = device.info();
  }

  /** What can be measured over the tokens that are computed. */
  private List<ProfilePoint> choosePoints() {
    int capacity = steps.filledTokens();
    int block = info.blockTokens();
    List<Integer> contexts = new ArrayList<>();
    contexts.add(Math.min(SHORT_CONTEXT, capacity) / block * block);
    if (capacity > 16 * Math.max(SHORT_CONTEXT, block)) {
      contexts.add(capacity / 4 / block * block);
      contexts.add((capacity - capacity / 8) / block * block);
    }
    List<ProfilePoint> points = new ArrayList<>();
    for (int sequences : SEQUENCES) {
      for (int context : contexts) {
        points.add(new ProfilePoint(sequences, 1, context, false));
        if (info.hasDraftModel()) {
          points.add(new ProfilePoint(sequences, 1, context, true));
        }
      }
    }
    for (int rows : PREFILLS) {
      if (rows < capacity) {
        points.add(new ProfilePoint(1, rows, 0, false));
      }
    }
    points.removeIf(
        point -> point.targetRows() > info.maxRows() || point.sequences() > steps.mostSequences());
    points.sort(
        (a, b) ->
            Long.compare(
                (long) a.targetRows() * (1 + a.contextTokens() / 64),
                (long) b.targetRows() * (1 + b.contextTokens() / 64)));
    return points;
  }

  /**
   * Measures the next piece.
   *
   * @return whether there is more to do
   */
  public boolean advance() {
    if (points.isEmpty()) {
      fill();
      return true;
    }
    if (!warm) {
      warmUp();
    } else if (round < ROUNDS) {
      measure(points.get(next++));
    }
    while (round < ROUNDS && (next == points.size() || tooLong(points.get(next)))) {
      if (++next >= points.size()) {
        next = 0;
        round++;
      }
    }
    return round < ROUNDS;
  }

  /** All pieces in a row. */
  public CostProfile measure() {
    while (advance()) {
      // the work is done in the condition
    }
    return profile();
  }

  /** Share of the pieces that are done, 0 to 1. */
  public double progress() {
    return points.isEmpty() ? 0 : (round + (double) next / points.size()) / ROUNDS;
  }

  /** All points that it would measure in time enough; 0 before they are known. */
  public int points() {
    return points.size();
  }

  /** Points that were measured so far; fewer than all at the end where the budget was too small. */
  public int measuredPoints() {
    return measured.size();
  }

  /**
   * What the measurements so far say.
   *
   * @throws IllegalStateException before the first one
   */
  public CostProfile profile() {
    return fit.profile();
  }

  private boolean tooLong(ProfilePoint point) {
    double once = nanosPerRow * point.targetRows();
    boolean overBudget = spentNanos + 3 * once > (double) budgetNanos * (round + 1) / ROUNDS;
    return next >= LEAST_POINTS && (overBudget || once > 2 * pieceNanos);
  }

  /** Computes the KV that the other steps read, as much as an eighth of the budget allows. */
  private void fill() {
    int rows = Math.clamp((long) (pieceNanos / Math.max(1, nanosPerRow)), 1, FILL_ROWS);
    int before = filled;
    spend(steps.fill(Math.min(nanosPerRow == 0 ? 1 : rows, info.maxRows())));
    filled = steps.targetTokens();
    nanosPerRow = (double) lastNanos / (filled - before);
    if (spentNanos < budgetNanos / 8 && filled < steps.capacityTokens() - 1) {
      return;
    }
    while (info.hasDraftModel() && steps.filledTokens() < filled) {
      spend(steps.fillDraft());
    }
    points = choosePoints();
  }

  /** One round of steps; they compile and warm the kernels. */
  private void warmUp() {
    long nanos = run(points.getFirst()).totalNanos();
    nanosPerRow = Math.min(nanosPerRow, (double) nanos);
    settledSteps = nanos < 0.9 * leastNanos ? 0 : settledSteps + 1;
    leastNanos = Math.min(leastNanos, nanos);
    run(points.get(Math.min(1, points.size() - 1)));
    if (nanosPerRow * points.get(points.size() / 2).targetRows() < pieceNanos) {
      run(points.get(points.size() / 2));
    }
    boolean settled = spentNanos >= WARM_UP_NANOS && settledSteps >= SETTLED_STEPS;
    warm = settled || spentNanos >= budgetNanos / 4;
  }

  private void measure(ProfilePoint point) {
    long start = spentNanos;
    run(point);
    List<StepTiming> timings = new ArrayList<>();
    do {
      timings.add(run(point));
    } while (timings.size() < REPETITIONS && spentNanos - start < pieceNanos / 2);
    long least = timings.stream().mapToLong(StepTiming::totalNanos).min().orElse(lastNanos);
    nanosPerRow = Math.min(nanosPerRow, (double) least / point.targetRows());
    fit.add(point, timings);
    measured.add(point);
  }

  private StepTiming run(ProfilePoint point) {
    return spend(steps.run(point));
  }

  private StepTiming spend(StepTiming timing) {
    lastNanos = timing.totalNanos();
    spentNanos += lastNanos;
    return timing;
  }
}
