package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.ServiceClass;
import java.util.ArrayList;
import java.util.List;

/**
 * One committed step as the slow loop sees it: load, pace and what drafts earned, by service class.
 *
 * @param policyVersion the snapshot it followed
 * @param totalNanos measured
 * @param predictionError how far its prediction was off, as a share of the measured time
 * @param load of its scheduler after it
 * @param classes one entry per class, in their order
 */
public record StepObservation(
    long policyVersion, long totalNanos, double predictionError, Load load, List<OfClass> classes) {
  public StepObservation {
    classes = List.copyOf(classes);
    if (classes.size() != ServiceClass.values().length) {
      throw new IllegalArgumentException(
          "a step has an entry for each of "
              + ServiceClass.values().length
              + " classes, not "
              + classes.size());
    }
  }

  /** The sequences of one class. */
  public OfClass of(ServiceClass serviceClass) {
    return switch (serviceClass) {
      case INTERACTIVE -> classes.get(0);
      case STANDARD -> classes.get(1);
      case BATCH -> classes.get(2);
    };
  }

  /**
   * How full a scheduler is.
   *
   * @param running sequences that hold KV and advance
   * @param waiting requests without a place, those preempted among them
   * @param kvUse share of target KV blocks in use, 0 to 1
   * @param draftKvUse the same of draft KV blocks
   */
  public record Load(int running, int waiting, double kvUse, double draftKvUse) {}

  /**
   * The sequences of one class.
   *
   * @param decoding those that yielded tokens
   * @param paced of these, sequences under a TPOT target that can still meet their targets
   * @param onPace of these, sequences on it
   * @param model drafts of the draft model
   * @param lookup drafts of n-gram lookup
   */
  public record OfClass(int decoding, int paced, int onPace, Drafts model, Drafts lookup) {
    /** Nobody. */
    public static final OfClass NONE = new OfClass(0, 0, 0, Drafts.NONE, Drafts.NONE);
  }

  /**
   * What one drafter did for one class.
   *
   * @param drafted draft tokens
   * @param reached of these, tokens that verification judged
   * @param accepted of these, tokens that were kept
   * @param gainNanos what they gained, by {@link StepGains}
   */
  public record Drafts(int drafted, int reached, int accepted, double gainNanos) {
    /** None. */
    public static final Drafts NONE = new Drafts(0, 0, 0, 0);

    private Drafts and(StepReport.Drafted more, double gain) {
      return new Drafts(
          drafted + more.drafted(),
          reached + Math.min(more.verified(), more.accepted() + 1),
          accepted + more.accepted(),
          gainNanos + gain);
    }
  }

  /**
   * Adds up a step.
   *
   * @param batch as it was decided on
   * @param report of sequences of that batch, in its order
   */
  public static StepObservation of(BatchView batch, StepReport report, StepGains gains, Load load) {
    List<OfClass> classes = new ArrayList<>();
    for (ServiceClass each : ServiceClass.values()) {
      classes.add(classes(each, batch, report, gains));
    }
    return new StepObservation(
        report.policyVersion(), report.totalNanos(), report.predictionError(), load, classes);
  }

  private static OfClass classes(
      ServiceClass of, BatchView batch, StepReport report, StepGains gains) {
    int decoding = 0;
    int paced = 0;
    int onPace = 0;
    Drafts model = Drafts.NONE;
    Drafts lookup = Drafts.NONE;
    int next = 0;
    for (BatchView.Entry entry : batch.entries()) {
      boolean reported =
          next < report.sequences().size()
              && report.sequences().get(next).sequence() == entry.sequence();
      int at = reported ? next++ : -1;
      if (entry.serviceClass() != of || !entry.samples()) {
        continue;
      }
      decoding++;
      if (SloSlack.hasPace(entry) && !entry.missedTtft()) {
        paced++;
        double due = (double) entry.emittedTokens() * entry.slo().tpotNanos();
        onPace += entry.decodeElapsedNanos() <= due ? 1 : 0;
      }
      if (reported) {
        StepReport.Drafted drafts = report.sequences().get(at);
        double gain = gains.bySequence()[at];
        model = drafts.drafter() == DrafterKind.MODEL ? model.and(drafts, gain) : model;
        lookup = drafts.drafter() == DrafterKind.NGRAM ? lookup.and(drafts, gain) : lookup;
      }
    }
    return new OfClass(decoding, paced, onPace, model, lookup);
  }
}
