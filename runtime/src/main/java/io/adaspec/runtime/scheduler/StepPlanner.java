package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.LargestFit;
import io.adaspec.runtime.speculation.StepBudget;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.WaitingView;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Makes one step: a row for every sequence that decodes, then prefill rows within the strategy's
 * budget, then draft tokens within the rows that remain.
 *
 * <p>A step full of prefill rows is bound by arithmetic, where draft tokens do not pay; so they get
 * only the rows that prompts leave, and prompts are done sooner.
 */
final class StepPlanner {
  /** Who is left out takes part in one of so many steps nevertheless. */
  private static final int LEAST_PACE = 8;

  private static final int[] NO_BLOCKS = new int[0];
  private static final Comparator<Sequence> LEAST_RECENT =
      Comparator.<Sequence, ServiceClass>comparing(s -> s.request().serviceClass())
          .thenComparingLong(Sequence::lastStep);

  private final SchedulerLimits limits;
  private final int capacityTokens;
  private final Residents residents;
  private final WaitingQueue waiting;
  private final Preemption preemption;
  private final DraftYield yield;
  private final PrefillPlanner prefill;
  private final DraftPlanner drafts;

  StepPlanner(
      DeviceInfo device,
      SchedulerLimits limits,
      Residents residents,
      WaitingQueue waiting,
      KvMemory kv) {
    this.limits = limits;
    this.capacityTokens = device.capacityTokens();
    this.residents = residents;
    this.waiting = waiting;
    this.yield = new DraftYield(residents, kv);
    this.preemption = new Preemption(residents, kv, yield);
    this.prefill =
        new PrefillPlanner(residents, kv, yield, preemption, waiting, limits, capacityTokens);
    this.drafts = new DraftPlanner(device, residents, kv);
  }

  /**
   * A planned step.
   *
   * @param plan for the device
   * @param rows the sequences behind its work, in the same order
   * @param prefillRows rows that are neither decode rows nor draft tokens
   * @param policy what it was planned with
   * @param waiting who had no place before it was planned
   */
  record Planned(
      StepPlan plan, StepRows rows, int prefillRows, Policy policy, WaitingView waiting) {
    /**
     * @param gainNanos what speculation had gained before
     */
    StepDecision decision(double gainNanos) {
      return new StepDecision(waiting, plan.batch(), policy.snapshot(), policy.cost(), gainNanos);
    }
  }

  /**
   * Plans step {@code id}; empty when there is nothing to do. While somebody runs apart, steps are
   * that sequence's alone; the others come when it cannot be placed.
   *
   * @param predicted the cost model as corrected so far
   * @param mayTake which waiting sequences may be placed; who runs apart always may
   */
  Optional<Planned> plan(
      long id, Policy policy, CostModel predicted, Predicate<Sequence> mayTake, long nowNanos) {
    Optional<Sequence> apart = residents.firstApart().or(() -> waiting.firstApart(capacityTokens));
    Optional<Planned> planned =
        apart.flatMap(
            alone -> plan(rows(id, alone::equals, any -> true), policy, predicted, nowNanos));
    return planned.isPresent()
        ? planned
        : plan(rows(id, each -> !each.isApart(), mayTake), policy, predicted, nowNanos);
  }

  /** Target blocks that draft memory would give in step {@code id}. */
  int obtainableBlocks(long id) {
    return yield.obtainable(id);
  }

  private StepRows rows(long id, Predicate<Sequence> eligible, Predicate<Sequence> mayTake) {
    return new StepRows(id, limits.stepTokens(), eligible, mayTake);
  }

  private Optional<Planned> plan(StepRows step, Policy policy, CostModel predicted, long nowNanos) {
    List<Sequence> running = active(step);
    WaitingView queue = expecting(nowNanos);
    BatchView outlook = new BatchView(outlook(running, policy, nowNanos));
    StepBudget budget = policy.strategy().budget(queue, outlook, policy.cost());
    judge(running, budget, nowNanos);
    yield.takeBack(step.step());
    prefill.makeWay(step, budget);
    int madeWay = step.preempted().size();
    for (Sequence sequence : decoding(running, budget, step.step())) {
      if (!step.preempted().contains(sequence) && preemption.grow(sequence, step)) {
        step.add(sequence, 1);
      }
    }
    int free = step.left();
    int most = Math.min(Math.max(budget.prefillTokens(), limits.minPrefillTokens()), free);
    BatchView decoding = new BatchView(entries(step, policy, nowNanos));
    most = withinLongestStep(most, decoding, predicted);
    prefill.plan(step, most, step.preempted().size() == madeWay, budget, nowNanos);
    if (step.size() == 0) {
      return Optional.empty();
    }
    int prefillRows = free - step.left();
    drafts.release(policy.snapshot());
    drafts.prepare(step, policy.snapshot());
    BatchView view = new BatchView(entries(step, policy, nowNanos));
    DraftChoices choices = policy.strategy().choose(view, policy.cost());
    if (drafts.fit(step, view, choices, step.left())) {
      view = new BatchView(entries(step, policy, nowNanos));
    }
    StepPlan plan =
        new StepPlan(
            step.step(),
            work(step, choices),
            view,
            policy.strategy(),
            policy.cost(),
            policy.snapshot().verifier());
    return Optional.of(new Planned(plan, step, prefillRows, policy, queue));
  }

  /** Judges who can still meet its TTFT target at the pace at which prompts advance. */
  private void judge(List<Sequence> running, StepBudget budget, long nowNanos) {
    running.forEach(sequence -> sequence.judge(nowNanos, budget.prefillNanosPerToken()));
    waiting.judge(nowNanos, budget.prefillNanosPerToken());
  }

  /**
   * The most prefill rows, at least 1, with which the step is predicted to stay within the longest
   * that is allowed, as if all belonged to the prompt that is computed furthest.
   */
  private int withinLongestStep(int budget, BatchView decoding, CostModel predicted) {
    int context = 0;
    for (Sequence sequence : residents.running()) {
      context = sequence.gap() > 1 ? Math.max(context, sequence.targetKv().computed()) : context;
    }
    int read = context;
    double longest = longestNanos(decoding, predicted);
    return LargestFit.between(
        Math.min(1, budget),
        budget,
        rows ->
            predicted.overheadNanos(decoding.size() + 1)
                    + predicted.targetPassNanos(
                        decoding.totalRows() + rows,
                        decoding.totalContextReads() + BatchView.contextReads(read, rows))
                <= longest);
  }

  private double longestNanos(BatchView decoding, CostModel predicted) {
    if (decoding.size() == 0) {
      return limits.longestStepNanos();
    }
    double plain =
        predicted.overheadNanos(decoding.size())
            + predicted.targetPassNanos(decoding.totalRows(), decoding.totalContextReads());
    return Math.min((double) limits.longestStepNanos(), limits.decodeStretch() * plain);
  }

  /** Who waits for a first token: in the queue, or in the middle of its prompt. */
  private WaitingView expecting(long nowNanos) {
    WaitingView view = waiting.view(nowNanos);
    for (Sequence sequence : residents.running()) {
      if (!sequence.isPaused() && sequence.gap() > 1) {
        long deadline = sequence.outputTokens() > 0 ? Long.MAX_VALUE : sequence.ttftDeadlineNanos();
        view = view.and(sequence.gap(), deadline, nowNanos);
      }
    }
    return view;
  }

  private List<Sequence> active(StepRows step) {
    return residents.running().stream().filter(step::admits).toList();
  }

  /**
   * Who has one token to compute and is not left out, or was so for {@value #LEAST_PACE} steps;
   * where the places do not suffice, the longest unserved first.
   */
  private List<Sequence> decoding(List<Sequence> running, StepBudget budget, long step) {
    List<Sequence> decoding = new ArrayList<>();
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      boolean left = budget.leftOut().contains(i) && step - sequence.lastStep() < LEAST_PACE;
      if (sequence.gap() == 1 && !left) {
        decoding.add(sequence);
      }
    }
    if (decoding.size() > limits.maxSequences()) {
      decoding.sort(LEAST_RECENT);
      return decoding.subList(0, limits.maxSequences());
    }
    return decoding;
  }

  /** Who runs, with one row for those that decode. */
  private List<BatchView.Entry> outlook(List<Sequence> running, Policy policy, long nowNanos) {
    List<BatchView.Entry> entries = new ArrayList<>();
    for (Sequence sequence : running) {
      entries.add(entry(sequence, sequence.gap() == 1 ? 1 : 0, policy, nowNanos));
    }
    return entries;
  }

  private List<BatchView.Entry> entries(StepRows step, Policy policy, long nowNanos) {
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < step.size(); i++) {
      entries.add(entry(step.sequence(i), step.rows(i), policy, nowNanos));
    }
    return entries;
  }

  private BatchView.Entry entry(Sequence sequence, int rows, Policy policy, long nowNanos) {
    boolean samples = rows == sequence.gap();
    return new BatchView.Entry(
        sequence.number(),
        sequence.targetKv().computed(),
        rows,
        samples,
        samples && rows == 1 ? drafts.limit(sequence, policy.snapshot()) : 0,
        sequence.knownTokens() - sequence.draftComputed(),
        sequence.draftKv().start(),
        sequence.outputTokens(),
        sequence.request().serviceClass(),
        sequence.request().slo(),
        sequence.decodeElapsedNanos(nowNanos),
        sequence.remainingOutput(),
        sequence.isLate(),
        sequence.acceptanceRate(),
        policy.snapshot().drafter(sequence.request().serviceClass()),
        sequence.earnings().paying());
  }

  private static List<SequenceWork> work(StepRows step, DraftChoices choices) {
    List<SequenceWork> work = new ArrayList<>(step.size());
    for (int i = 0; i < step.size(); i++) {
      Sequence sequence = step.sequence(i);
      DrafterKind drafter = choices.drafters()[i];
      boolean model = drafter == DrafterKind.MODEL;
      work.add(
          new SequenceWork(
              sequence.number(),
              sequence.history(),
              sequence.targetKv().computed(),
              step.rows(i),
              sequence.targetKv().snapshot(),
              sequence.request().sampling(),
              drafter,
              choices.caps()[i],
              sequence.draftKv().start(),
              sequence.draftComputed(),
              model ? sequence.draftKv().snapshot() : NO_BLOCKS));
    }
    return work;
  }
}
