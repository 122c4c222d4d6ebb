package io.adaspec.runtime.speculation;

/**
 * What the drafters have earned for one request, and which of them are worth using for it.
 *
 * <p>For each drafter a moving mean m and variance of {@code gain ÷ step time} over the last
 * {@value #MEMORY} steps in which it drafted for the request ({@link StepGains} says who earned
 * what). It has not paid when {@value #MEMORY} such steps leave {@code m + }{@value
 * #CERTAINTY}{@code s ≤ 0}, s the standard error: then it rests, the model for {@value #REST} steps
 * of the request, twice as many after every trial that failed again, up to {@value #MOST_DOUBLINGS}
 * times. Drafts that were not worth verifying gained 0 and count, too. While both pay, every
 * {@value #TRY_EVERY}th step is a lookup's; if lookups earn more per step than the model surely
 * does, they take over. Immutable.
 *
 * @param model what the draft model earned
 * @param lookup what n-gram lookup earned
 * @param steps of the request
 */
public record DraftEarnings(Drafter model, Drafter lookup, int steps) {
  private static final int MEMORY = 32;
  private static final int LEAST = 8;

  /**
   * Who rests decodes plainly, and so holds the whole step to a plain pace: resting by chance after
   * few steps costs more than drafts that gain little.
   */
  private static final double CERTAINTY = 4;

  private static final int REST = 32;
  private static final int MOST_DOUBLINGS = 3;
  private static final int TRY_EVERY = 128;
  private static final DraftEarnings NONE = new DraftEarnings(Drafter.FRESH, Drafter.FRESH, 0);

  /** Before the first step: whatever the policy says. */
  public static DraftEarnings none() {
    return NONE;
  }

  /**
   * One drafter.
   *
   * @param trials steps in which it drafted, up to {@value #MEMORY}
   * @param mean moving mean of gain ÷ step time
   * @param variance moving variance of it
   * @param rest steps that it still rests
   * @param failures rests in a row
   */
  public record Drafter(int trials, double mean, double variance, int rest, int failures) {
    private static final Drafter FRESH = new Drafter(0, 0, 0, 0, 0);

    private boolean pays() {
      return rest == 0;
    }

    private double error() {
      return Math.sqrt(variance / trials);
    }

    private Drafter rested() {
      return rest == 0 ? this : new Drafter(trials, mean, variance, rest - 1, failures);
    }

    private Drafter drafted(double gain) {
      int count = Math.min(MEMORY, trials + 1);
      double step = (gain - mean) / count;
      double spread = variance + ((gain - mean) * (gain - mean - step) - variance) / count;
      Drafter next = new Drafter(count, mean + step, spread, 0, failures);
      if (count == MEMORY && next.mean + CERTAINTY * next.error() <= 0) {
        return new Drafter(0, 0, 0, REST << Math.min(failures, MOST_DOUBLINGS), failures + 1);
      }
      boolean proven = count == MEMORY && next.mean > 0;
      return proven ? new Drafter(count, next.mean, spread, 0, 0) : next;
    }
  }

  /**
   * After a step of the request.
   *
   * @param drafter who drafted
   * @param gainShare its gain ÷ the step's time
   */
  public DraftEarnings next(DrafterKind drafter, double gainShare) {
    return new DraftEarnings(
        drafter == DrafterKind.MODEL ? model.drafted(gainShare) : model.rested(),
        drafter == DrafterKind.NGRAM ? lookup.drafted(gainShare) : lookup.rested(),
        steps + 1);
  }

  /** The drafters to use in the next step. */
  public PayingDrafters paying() {
    if (!model.pays() || !lookup.pays()) {
      return new PayingDrafters(model.pays(), lookup.pays());
    }
    boolean better =
        model.trials >= LEAST
            && lookup.trials >= LEAST
            && lookup.mean > model.mean + 2 * model.error();
    boolean tries = steps % TRY_EVERY == TRY_EVERY - 1;
    return new PayingDrafters(!(better || tries), true);
  }
}
