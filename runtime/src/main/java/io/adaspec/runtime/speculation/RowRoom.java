package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.ServiceClass;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many sequences may decode at once so that those that still can meet their TPOT target do.
 *
 * <p>For every class, over the sequences of this class and those above it that are not lost: with x
 * the time that a token of such a sequence may take ({@link SloSlack#allowedNanos}) and E the
 * tokens that it is expected to get, N like sequences have room when {@code T(N) ≤ }{@value
 * #MARGIN}{@code · E · x} for all of them, drafts and their time included, or when plain decoding
 * has {@code T(N) ≤ }{@value #MARGIN}{@code · x}. The margin is for prompts that come in between.
 * Who is beyond the room of the classes above, or is lost and beyond that of its own, is left out;
 * newcomers are placed while there is room.
 */
final class RowRoom {
  private static final double MARGIN = 0.85;
  private static final int MOST = 4096;

  /** Most important first. */
  private static final List<ServiceClass> ORDER = List.of(ServiceClass.values());

  private static final int CLASSES = ORDER.size();

  private final StepForecast forecast;
  private final BatchView batch;
  private final boolean[] lost;
  private final int[] room = new int[CLASSES];
  private double stepNanos = Double.POSITIVE_INFINITY;

  RowRoom(StepForecast forecast) {
    this.forecast = forecast;
    this.batch = forecast.estimate().batch();
    this.lost = new boolean[batch.size()];
    double[] speculative = new double[CLASSES];
    double[] plain = new double[CLASSES];
    Arrays.fill(speculative, Double.POSITIVE_INFINITY);
    Arrays.fill(plain, Double.POSITIVE_INFINITY);
    for (int i = 0; i < batch.size(); i++) {
      BatchView.Entry entry = batch.get(i);
      double tokens = forecast.tokens()[i];
      lost[i] = SloSlack.isLost(entry, forecast.estimate().aloneNanos(entry) / tokens);
      if (!lost[i] && entry.slo().hasTpot()) {
        double allowed =
            MARGIN
                * (SloSlack.hasPace(entry)
                    ? SloSlack.allowedNanos(entry)
                    : entry.slo().tpotNanos());
        int own = ORDER.indexOf(entry.serviceClass());
        speculative[own] = Math.min(speculative[own], tokens * allowed);
        plain[own] = Math.min(plain[own], allowed);
        stepNanos = Math.min(stepNanos, SloSlack.hasPace(entry) ? tokens * allowed : stepNanos);
      }
    }
    for (int c = 0; c < CLASSES; c++) {
      if (c > 0) {
        speculative[c] = Math.min(speculative[c], speculative[c - 1]);
        plain[c] = Math.min(plain[c], plain[c - 1]);
      }
      room[c] = room(speculative[c], plain[c]);
    }
  }

  /** A budget that protects classes from those below them and leaves the rest as it comes. */
  static StepBudget betweenClasses(StepForecast forecast) {
    RowRoom room = new RowRoom(forecast);
    Map<ServiceClass, Integer> newcomers = room.newcomers(true, false);
    return new StepBudget(Integer.MAX_VALUE, 0, room.leftOut(false), newcomers, newcomers);
  }

  /** How long the step may take for those that decode and are not lost. */
  double stepNanos() {
    return stepNanos;
  }

  boolean isLost(int entry) {
    return lost[entry];
  }

  private int room(double speculative, double plain) {
    if (Double.isInfinite(plain)) {
      return MOST;
    }
    return LargestFit.between(
        1,
        MOST,
        sequences ->
            forecast.scaledNanos(sequences) <= speculative
                || forecast.scaledPlainNanos(sequences) <= plain);
  }

  /** The room of a class with those above it, or of those above it alone. */
  private int room(int serviceClass, boolean own) {
    if (own) {
      return room[serviceClass];
    }
    return serviceClass > 0 ? room[serviceClass - 1] : MOST;
  }

  /**
   * Places of those that should not decode now.
   *
   * @param withinClasses whether the lost make way for the others of their own class too
   */
  Set<Integer> leftOut(boolean withinClasses) {
    Set<Integer> out = new HashSet<>();
    int rows = 0;
    for (int c = 0; c < CLASSES; c++) {
      for (int pass = 0; pass < 2; pass++) {
        int most = room(c, withinClasses && pass == 1);
        for (int i = 0; i < batch.size(); i++) {
          boolean mine = batch.get(i).serviceClass() == ORDER.get(c) && lost[i] == (pass == 1);
          if (mine && batch.get(i).samples()) {
            if (rows < most) {
              rows++;
            } else {
              out.add(i);
            }
          }
        }
      }
    }
    return out;
  }

  /**
   * By class, how many newcomers there is room for.
   *
   * @param late whether they miss their targets anyway
   * @param withinClasses whether they must leave others of their own class their TPOT too
   */
  Map<ServiceClass, Integer> newcomers(boolean late, boolean withinClasses) {
    Map<ServiceClass, Integer> places = new EnumMap<>(ServiceClass.class);
    int there = 0;
    for (int c = 0; c < CLASSES; c++) {
      for (int i = 0; i < batch.size(); i++) {
        boolean counts = late || !lost[i];
        there += batch.get(i).serviceClass() == ORDER.get(c) && counts ? 1 : 0;
      }
      places.put(ORDER.get(c), Math.max(0, room(c, withinClasses) - there));
    }
    return places;
  }
}
