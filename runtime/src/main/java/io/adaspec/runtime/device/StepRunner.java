package io.adaspec.runtime.device;

import io.adaspec.runtime.drafting.Drafts;
import io.adaspec.runtime.drafting.ModelDrafter;
import io.adaspec.runtime.drafting.NgramDrafter;
import io.adaspec.runtime.drafting.TextPenalties;
import io.adaspec.runtime.model.DeviceRejection;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.sampling.InvalidLogitsException;
import io.adaspec.runtime.sampling.VerifiedTokens;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SurvivalTable;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.StepTiming;
import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The one implementation of a draft/verify cycle, for every device that has {@link ModelRunner}s:
 * n-gram proposals, draft passes with the strategy asked between them, one ragged target pass,
 * acceptance.
 *
 * <p>Between steps it keeps nothing but scratch memory and a cache that it can rebuild, so it is as
 * stateless as {@link Device} demands. Used by one thread.
 */
public final class StepRunner {
  private final Optional<DeviceRejection> rejection;
  private final TextPenalties penalties;
  private final TargetPass target;
  private final Optional<ModelDrafter> modelDrafter;
  private final NgramDrafter ngramDrafter = new NgramDrafter();
  private final Drafts drafts = new Drafts();
  private final NanoClock clock;
  private boolean[] active = new boolean[16];

  /**
   * @param draft a model with the target's vocabulary
   * @param clock measures the parts of a step
   * @throws IllegalArgumentException if the vocabularies differ
   */
  public StepRunner(ModelRunner target, Optional<ModelRunner> draft, NanoClock clock) {
    draft.ifPresent(runner -> requireSameVocabulary(target, runner));
    this.rejection = target.rejectionOf(draft);
    this.penalties = new TextPenalties(target.config().vocabularySize());
    this.target = new TargetPass(target, rejection, penalties);
    this.modelDrafter = draft.map(runner -> new ModelDrafter(runner, rejection, penalties));
    this.clock = clock;
  }

  /**
   * Runs a step, as {@link Device#execute} says.
   *
   * @throws DeviceException if a runner failed, logits were not finite or the plan does not fit the
   *     device
   */
  public StepResult execute(StepPlan plan) {
    try {
      return run(plan);
    } catch (DeviceException e) {
      throw e;
    } catch (IllegalArgumentException | InvalidLogitsException e) {
      throw DeviceException.stepFailure("step " + plan.id() + " failed: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw DeviceException.transientFailure("step " + plan.id() + " failed: " + e.getMessage(), e);
    } catch (OutOfMemoryError | InternalError | StackOverflowError | LinkageError e) {
      // the step alone met them, InternalError where a mapped file was cut short; actor systems
      // would end the process
      throw DeviceException.ofError("step " + plan.id(), e);
    }
  }

  private StepResult run(StepPlan plan) {
    long start = clock.nanoTime();
    penalties.begin(plan.work());
    SurvivalTable survival = draft(plan);
    long drafted = clock.nanoTime();
    int[] lengths = plan.strategy().select(plan.batch(), survival, plan.cost());
    requireDrafted(plan, lengths);
    long selected = clock.nanoTime();
    target.run(plan, drafts, lengths);
    long verified = clock.nanoTime();
    List<SequenceResult> results = new ArrayList<>(lengths.length);
    for (int entry = 0; entry < lengths.length; entry++) {
      results.add(result(plan, entry, lengths[entry]));
    }
    StepTiming timing =
        new StepTiming(
            clock.nanoTime() - start,
            drafted - start,
            verified - selected,
            modelDrafter.map(ModelDrafter::passes).orElse(0),
            modelDrafter.map(ModelDrafter::rows).orElse(0),
            modelDrafter.map(ModelDrafter::contextReads).orElse(0L),
            target.rows(),
            target.contextReads());
    return new StepResult(plan.id(), results, timing);
  }

  private SurvivalTable draft(StepPlan plan) {
    List<SequenceWork> work = plan.work();
    int longest = 0;
    for (SequenceWork sequence : work) {
      longest = Math.max(longest, sequence.draftCap());
    }
    drafts.begin(work.size(), longest, plan.verifier() == Verifier.REJECTION);
    rejection.ifPresent(DeviceRejection::begin);
    SurvivalTable survival = new SurvivalTable(work.size(), longest);
    if (active.length < work.size()) {
      active = new boolean[work.size() * 2];
    }
    for (int entry = 0; entry < work.size(); entry++) {
      if (work.get(entry).drafter() != DrafterKind.MODEL) {
        survival.markFreeOfPasses(entry);
      }
    }
    if (activate(work, DrafterKind.NGRAM)) {
      ngramDrafter.begin(work);
      ngramDrafter.pass(active, drafts);
      appendNew(plan, survival);
    }
    modelDrafter.ifPresent(drafter -> drafter.begin(work));
    if (activate(work, DrafterKind.MODEL)) {
      draftWithModel(plan, survival);
    }
    return survival;
  }

  private void draftWithModel(StepPlan plan, SurvivalTable survival) {
    ModelDrafter drafter =
        modelDrafter.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the plan drafts with a model and the device has no draft model; "
                        + "use the n-gram drafter or give the device a draft model"));
    drafter.needsConfidence(plan.strategy().needsConfidences());
    if (!plan.strategy().decidesWhileDrafting() && drafter.draftsAtOnce(drafts)) {
      drafter.draftAll(active, drafts);
      appendNew(plan, survival);
      return;
    }
    drafter.pass(active, drafts);
    while (appendNew(plan, survival)) {
      boolean[] on = plan.strategy().continueDrafting(plan.batch(), survival, plan.cost());
      boolean any = false;
      for (int entry = 0; entry < on.length; entry++) {
        active[entry] &= on[entry];
        any |= active[entry];
      }
      if (!any) {
        return;
      }
      drafter.pass(active, drafts);
    }
  }

  private boolean activate(List<SequenceWork> work, DrafterKind kind) {
    boolean any = false;
    for (int entry = 0; entry < work.size(); entry++) {
      active[entry] = work.get(entry).draftCap() > 0 && work.get(entry).drafter() == kind;
      any |= active[entry];
    }
    return any;
  }

  /**
   * Copies new draft tokens into the survival table; entries that got none or reached their cap
   * become inactive.
   *
   * @return whether an entry is still active
   */
  private boolean appendNew(StepPlan plan, SurvivalTable survival) {
    boolean any = false;
    for (int entry = 0; entry < survival.entries(); entry++) {
      if (active[entry]) {
        int before = survival.drafted(entry);
        int count = drafts.count(entry);
        SequenceWork sequence = plan.work().get(entry);
        for (int i = before; i < count; i++) {
          float confidence = drafts.confidence(entry, i);
          float margin = drafts.margin(entry, i);
          double acceptance =
              plan.strategy()
                  .acceptance(plan.batch().get(entry), sequence.drafter(), i, confidence, margin);
          survival.append(entry, confidence, margin, acceptance);
        }
        active[entry] = count > before && count < sequence.draftCap();
        any |= active[entry];
      }
    }
    return any;
  }

  private SequenceResult result(StepPlan plan, int entry, int verified) {
    SequenceWork sequence = plan.work().get(entry);
    int end = sequence.computed() + sequence.rows();
    if (!sequence.samples()) {
      return new SequenceResult(
          sequence.sequence(),
          end,
          sequence.draftComputed(),
          new int[0],
          0,
          0,
          0,
          new float[0],
          new float[0]);
    }
    VerifiedTokens kept = target.verify(entry, sequence, drafts, verified, plan.verifier());
    int[] emitted = new int[kept.accepted() + 1];
    for (int i = 0; i < kept.accepted(); i++) {
      emitted[i] = drafts.token(entry, i);
    }
    emitted[kept.accepted()] = kept.nextToken();
    int draftComputed =
        modelDrafter
            .map(drafter -> drafter.computedAfter(entry, kept.accepted()))
            .orElse(sequence.draftComputed());
    return new SequenceResult(
        sequence.sequence(),
        end + kept.accepted(),
        draftComputed,
        emitted,
        drafts.count(entry),
        verified,
        kept.accepted(),
        drafts.confidences(entry),
        drafts.margins(entry));
  }

  private void requireDrafted(StepPlan plan, int[] lengths) {
    for (int entry = 0; entry < plan.work().size(); entry++) {
      if (lengths.length != plan.work().size()
          || lengths[entry] < 0
          || lengths[entry] > drafts.count(entry)) {
        throw new IllegalStateException(
            "strategy "
                + plan.strategy().spec()
                + " selects "
                + lengths[entry]
                + " of "
                + drafts.count(entry)
                + " draft tokens");
      }
    }
  }

  private static void requireSameVocabulary(ModelRunner target, ModelRunner draft) {
    int targetSize = target.config().vocabularySize();
    int draftSize = draft.config().vocabularySize();
    if (targetSize != draftSize) {
      throw new IllegalArgumentException(
          "draft model '"
              + draft.config().name()
              + "' has a vocabulary of "
              + draftSize
              + " tokens and target '"
              + target.config().name()
              + "' one of "
              + targetSize
              + "; give a draft of the same vocabulary, or use the n-gram drafter");
    }
    int targetBlock = target.kvGeometry().blockTokens();
    int draftBlock = draft.kvGeometry().blockTokens();
    if (targetBlock != draftBlock) {
      throw new IllegalArgumentException(
          "target KV blocks hold " + targetBlock + " tokens and draft KV blocks " + draftBlock);
    }
  }
}
