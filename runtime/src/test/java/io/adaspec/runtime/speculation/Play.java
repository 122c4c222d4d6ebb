package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.SloTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Plays steps of a few sequences under {@code slo}: a draft of given acceptance whose confidence
 * knows nothing of it, a cost model that is believed and one that is real. Lookups find nothing.
 */
final class Play {
  static final int SEQUENCES = 4;

  double nanos;
  long tokens;
  int plainSteps;
  private final CostModel believed;
  private final CostModel real;
  private final SplittableRandom random = new SplittableRandom(1);
  private ControllerState state = ControllerState.initial();
  private final double[] rates = {Double.NaN, Double.NaN, Double.NaN, Double.NaN};

  Play(CostModel believed, CostModel real) {
    this.believed = believed;
    this.real = real;
  }

  void run(int steps, double acceptance) {
    for (int i = 0; i < steps; i++) {
      step(acceptance);
    }
  }

  private void step(double acceptance) {
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < SEQUENCES; i++) {
      entries.add(Batches.entry(i, 8, SloTarget.none(), 5, 0, rates[i]));
    }
    BatchView batch = new BatchView(entries);
    SpeculationStrategy strategy =
        Strategies.parse("slo", DrafterKind.MODEL, Strategies.DEFAULT_DRAFT_CAP, state);
    DraftChoices choices = strategy.choose(batch, believed);
    SurvivalTable survival = new SurvivalTable(SEQUENCES, 8);
    boolean[] active = new boolean[SEQUENCES];
    for (int i = 0; i < SEQUENCES; i++) {
      active[i] = choices.drafters()[i] == DrafterKind.MODEL;
    }
    double draftNanos = 0;
    int passes = 0;
    int draftRows = 0;
    for (int rows = draft(strategy, batch, choices, survival, active);
        rows > 0;
        rows = draft(strategy, batch, choices, survival, active)) {
      draftNanos += real.draftPassNanos(rows, 0);
      draftRows += rows;
      passes++;
      boolean[] on = strategy.continueDrafting(batch, survival, believed);
      for (int i = 0; i < SEQUENCES; i++) {
        active[i] &= on[i];
      }
    }
    int[] lengths = strategy.select(batch, survival, believed);
    finish(choices, survival, lengths, acceptance, draftNanos, passes, draftRows);
  }

  private int draft(
      SpeculationStrategy strategy,
      BatchView batch,
      DraftChoices choices,
      SurvivalTable survival,
      boolean[] active) {
    int rows = 0;
    for (int i = 0; i < SEQUENCES; i++) {
      int position = survival.drafted(i);
      active[i] &= position < choices.caps()[i];
      if (active[i]) {
        float confidence = (float) random.nextDouble(0.6, 0.95);
        double estimate =
            strategy.acceptance(batch.get(i), DrafterKind.MODEL, position, confidence, 2);
        survival.append(i, confidence, 2, estimate);
        rows++;
      }
    }
    return rows;
  }

  private void finish(
      DraftChoices choices,
      SurvivalTable survival,
      int[] lengths,
      double acceptance,
      double draftNanos,
      int passes,
      int draftRows) {
    StepReport.Drafted[] drafted = new StepReport.Drafted[SEQUENCES];
    int rows = SEQUENCES;
    for (int i = 0; i < SEQUENCES; i++) {
      int accepted = 0;
      while (accepted < lengths[i] && random.nextDouble() < acceptance) {
        accepted++;
      }
      float[] confidences = new float[survival.drafted(i)];
      for (int j = 0; j < confidences.length; j++) {
        confidences[j] = survival.confidence(i, j);
      }
      drafted[i] =
          new StepReport.Drafted(
              i,
              choices.drafters()[i],
              confidences.length,
              lengths[i],
              accepted,
              accepted + 1,
              confidences,
              new float[confidences.length],
              rates[i]);
      int judged = Math.min(lengths[i], accepted + 1);
      for (int j = 0; j < judged; j++) {
        double label = j < accepted ? 1 : 0;
        rates[i] = Double.isNaN(rates[i]) ? label : 0.85 * rates[i] + 0.15 * label;
      }
      rows += lengths[i];
      tokens += accepted + 1;
    }
    plainSteps += passes == 0 ? 1 : 0;
    double verify = real.targetPassNanos(rows, 0) * random.nextDouble(0.95, 1.05);
    nanos += draftNanos + verify;
    StepReport report =
        Reports.timed(Math.round(draftNanos), Math.round(verify), passes, draftRows, rows, drafted);
    state = SpeculationController.next(state, report, believed);
  }
}
