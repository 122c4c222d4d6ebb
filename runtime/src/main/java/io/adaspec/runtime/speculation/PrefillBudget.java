package io.adaspec.runtime.speculation;

/**
 * How many prefill rows a step takes beside its decode rows and draft tokens.
 *
 * <p>Rows are nearly free while a pass is bound by memory and cost their full share beyond, so a
 * prompt spread over several steps delays the others less, and itself more. With W waiting
 * requests, B decoding ones and T(c) the predicted step with c prefill rows, a prefill row delays
 * all of them together by {@code ((W + B) · T(c) − B · T(0)) / c}: the c with the least of that is
 * taken. More are taken when waiting requests would otherwise miss their TTFT target, and fewer
 * when decoding ones would fall behind their pace ({@link SloSlack#allowedNanos}). Where both are
 * at stake the first token wins as long as the decoding ones can catch up within {@value #CATCH_UP}
 * tokens.
 */
final class PrefillBudget {
  private static final int MOST = 4096;
  private static final int LEAST = 16;
  private static final int CATCH_UP = 64;

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
    int hard = urgent ? fitting(forecast, hardNanos(forecast, room, before)) : soft;
    return Math.min(Math.max(cheapest, needed == 0 ? MOST : needed), Math.max(soft, hard));
  }

  /** How long this step may take if all later ones are as short as the next is without prefill. */
  private static double hardNanos(StepForecast forecast, RowRoom room, double later) {
    double hard = Double.POSITIVE_INFINITY;
    BatchView batch = forecast.estimate().batch();
    for (int i = 0; i < batch.size(); i++) {
      BatchView.Entry entry = batch.get(i);
      if (SloSlack.hasPace(entry) && !room.isLost(i)) {
        int left = Math.clamp(entry.remainingTokens(), 1, CATCH_UP);
        double due = (entry.emittedTokens() - 1.0 + left) * entry.slo().tpotNanos();
        double steps = Math.max(0, left / forecast.tokens()[i] - 1);
        hard = Math.min(hard, due - entry.decodeElapsedNanos() - steps * later);
      }
    }
    return hard;
  }

  /** The most prefill rows with which the step takes at most {@code nanos}. */
  private static int fitting(StepForecast forecast, double nanos) {
    return LargestFit.between(0, MOST, rows -> forecast.stepNanos(rows) <= nanos);
  }
}
