package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * How many prefill rows a step takes beside its decode rows and draft tokens.
 *
 * <p>Rows are nearly free while a pass is bound by memory and cost their full share beyond, so a
 * prompt spread over several steps delays the others less, and itself more. With W waiting
 * requests, B decoding ones and T(c) the predicted step with c prefill rows, a prefill row delays
 * all of them together by {@code ((W + B) · T(c) − B · T(0)) / c}: the c with the least of that is
 * taken. More are taken when waiting requests would otherwise miss their TTFT target, and fewer
 * when decoding ones would fall behind their pace ({@link SloSlack#allowedNanos}). Where both are
 * at stake the first tokens win as long as the decoding ones can catch up within {@value #CATCH_UP}
 * tokens, but for one of them for every {@value #OUTWEIGH} first tokens that can still come in
 * time: so a single request with no time to lose does not hold up the prompts of all.
 */
final class PrefillBudget {
  private static final int MOST = 4096;
  private static final int LEAST = 16;
  private static final int CATCH_UP = 64;

  /** So many first tokens in time are worth one decoding request that does not catch up. */
  private static final int OUTWEIGH = 8;

  /** Steps are not all as short as predicted, and newcomers go first at times. */
  private static final double SAFETY = 1.3;

  private PrefillBudget() {}

  /** The budget of a step of plain decoding. */
  static StepBudget of(WaitingView waiting, BatchView running, CostModel cost) {
    return of(waiting, StepForecast.plain(new StepEstimate(running, cost)));
  }

  /** The budget of a step as it is forecast. */
  static StepBudget of(WaitingView waiting, StepForecast forecast) {
    RowRoom room = new RowRoom(forecast);
    int rows = waiting.requests() == 0 ? MOST : rows(waiting, forecast, room);
    return new StepBudget(
        rows,
        rows == 0 ? 0 : forecast.stepNanos(rows) / rows,
        room.leftOut(true),
        room.newcomers(false, true),
        room.newcomers(true, true));
  }

  private static int rows(WaitingView waiting, StepForecast forecast, RowRoom room) {
    int samplers = forecast.estimate().samplers();
    double before = forecast.stepNanos(0);
    double pace = SAFETY * waiting.neededTokensPerNano();
    int cheapest = LEAST;
    int needed = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int c = LEAST; c <= MOST; c += Math.max(LEAST, c / 4)) {
      double nanos = forecast.stepNanos(c);
      double delay = ((waiting.requests() + samplers) * nanos - samplers * before) / c;
      if (delay <= least) {
        least = delay;
        cheapest = c;
      }
      if (needed == 0 && c >= pace * nanos) {
        needed = c;
      }
    }
    int wanted = Math.max(cheapest, needed == 0 ? MOST : needed);
    int soft = fitting(forecast, room.stepNanos());
    if (wanted <= soft) {
      return wanted;
    }
    boolean urgent = needed == 0 || needed > soft;
    if (!urgent) {
      return soft;
    }
    double hardNanos = hardNanos(forecast, room, before, waiting.hopeful() / OUTWEIGH);
    return Math.min(wanted, Math.max(soft, fitting(forecast, hardNanos)));
  }

  /**
   * How long this step may take if all later ones are as short as the next is without prefill, for
   * all that decode and are not lost but the tightest.
   *
   * @param sacrificed so many
   */
  private static double hardNanos(
      StepForecast forecast, RowRoom room, double later, int sacrificed) {
    BatchView batch = forecast.estimate().batch();
    double[] limits = new double[batch.size()];
    int count = 0;
    for (int i = 0; i < batch.size(); i++) {
      BatchView.Entry entry = batch.get(i);
      if (SloSlack.hasPace(entry) && !room.isLost(i)) {
        int left = Math.clamp(entry.remainingTokens(), 1, CATCH_UP);
        double due = (entry.emittedTokens() - 1.0 + left) * entry.slo().tpotNanos();
        double steps = Math.max(0, left / forecast.tokens()[i] - 1);
        limits[count++] = due - entry.decodeElapsedNanos() - steps * later;
      }
    }
    Arrays.sort(limits, 0, count);
    return sacrificed < count ? limits[sacrificed] : Double.POSITIVE_INFINITY;
  }

  /** The most prefill rows with which the step takes at most {@code nanos}. */
  private static int fitting(StepForecast forecast, double nanos) {
    return LargestFit.between(0, MOST, rows -> forecast.stepNanos(rows) <= nanos);
  }
}
