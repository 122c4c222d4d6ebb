package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.WaitingView;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Makes one step: a row for every sequence that decodes, then prefill rows within the strategy's
 * budget, then draft tokens within the rows that remain.
 *
 * <p>A step full of prefill rows is bound by arithmetic, where draft tokens do not pay; so they get
 * only the rows that prompts leave, and prompts are done sooner.
 */
final class StepPlanner {
  /** Room for prefill and draft tokens within a TPOT target. */
  private static final double CROWDED = 0.6;

  private static final int[] NO_BLOCKS = new int[0];
  private static final Comparator<Sequence> LEAST_RECENT =
      Comparator.<Sequence, ServiceClass>comparing(s -> s.request().serviceClass())
          .thenComparingLong(Sequence::lastStep);

  private final SchedulerLimits limits;
  private final int capacityTokens;
  private final Residents residents;
  private final WaitingQueue waiting;
  private final Preemption preemption;
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
    this.preemption = new Preemption(residents, kv);
    this.prefill =
        new PrefillPlanner(residents, kv, preemption, waiting, limits, device.capacityTokens());
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
   */
  Optional<Planned> plan(long id, Policy policy, CostModel predicted, long nowNanos) {
    Optional<Sequence> apart = residents.firstApart().or(() -> waiting.firstApart(capacityTokens));
    return apart
        .flatMap(
            alone ->
                plan(
                    new StepRows(id, limits.stepTokens(), alone::equals),
                    policy,
                    predicted,
                    nowNanos))
        .or(
            () ->
                plan(
                    new StepRows(id, limits.stepTokens(), each -> !each.isApart()),
                    policy,
                    predicted,
                    nowNanos));
  }

  private Optional<Planned> plan(StepRows step, Policy policy, CostModel predicted, long nowNanos) {
    prefill.makeWay(step);
    int madeWay = step.preempted().size();
    for (Sequence sequence : decoding(step)) {
      if (!step.preempted().contains(sequence) && preemption.grow(sequence, step)) {
        step.add(sequence, 1);
      }
    }
    List<BatchView.Entry> entries = new ArrayList<>();
    addEntries(step, entries, policy, nowNanos);
    int free = step.left();
    WaitingView queue = expecting(nowNanos);
    int asked =
        policy.strategy().budget(queue, new BatchView(entries), policy.cost()).prefillTokens();
    int budget = Math.min(Math.max(asked, limits.minPrefillTokens()), free);
    boolean roomy = step.preempted().size() == madeWay;
    BatchView decoding = new BatchView(entries);
    ServiceClass lowest = lowestPlaced(decoding, policy.cost());
    budget = withinLongestStep(budget, decoding, predicted);
    prefill.plan(step, budget, roomy, lowest, nowNanos);
    if (step.size() == 0) {
      return Optional.empty();
    }
    int prefillRows = free - step.left();
    addEntries(step, entries, policy, nowNanos);
    BatchView view = new BatchView(entries);
    DraftChoices choices = policy.strategy().choose(view, policy.cost());
    drafts.fit(step, view, choices, step.left());
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

  /**
   * The lowest class that may be placed now: where plain decoding alone takes most of somebody's
   * TPOT target, nobody of a lower class is added to it.
   */
  private static ServiceClass lowestPlaced(BatchView decoding, CostModel cost) {
    double plain =
        cost.overheadNanos(decoding.size())
            + cost.targetPassNanos(decoding.totalRows(), decoding.totalContextReads());
    ServiceClass lowest = ServiceClass.BATCH;
    for (BatchView.Entry entry : decoding.entries()) {
      boolean crowded = entry.slo().hasTpot() && plain > CROWDED * entry.slo().tpotNanos();
      if (crowded && entry.serviceClass().compareTo(lowest) < 0) {
        lowest = entry.serviceClass();
      }
    }
    return lowest;
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
    int low = Math.min(1, budget);
    int high = budget;
    while (low < high) {
      int rows = high == budget ? budget : (low + high + 1) >>> 1;
      double nanos =
          predicted.overheadNanos(decoding.size() + 1)
              + predicted.targetPassNanos(
                  decoding.totalRows() + rows,
                  decoding.totalContextReads() + BatchView.contextReads(context, rows));
      if (nanos <= limits.longestStepNanos()) {
        low = rows;
      } else {
        high = rows - 1;
      }
    }
    return low;
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

  /** Who has one token to compute; where the places do not suffice, the longest unserved first. */
  private List<Sequence> decoding(StepRows step) {
    List<Sequence> decoding = new ArrayList<>();
    for (Sequence sequence : residents.running()) {
      if (sequence.gap() == 1 && step.admits(sequence)) {
        decoding.add(sequence);
      }
    }
    if (decoding.size() > limits.maxSequences()) {
      decoding.sort(LEAST_RECENT);
      return decoding.subList(0, limits.maxSequences());
    }
    return decoding;
  }

  /** Adds what the step has beyond {@code entries}. */
  private void addEntries(
      StepRows step, List<BatchView.Entry> entries, Policy policy, long nowNanos) {
    for (int i = entries.size(); i < step.size(); i++) {
      Sequence sequence = step.sequence(i);
      boolean samples = step.rows(i) == sequence.gap();
      boolean decodes = samples && step.rows(i) == 1;
      int limit = decodes ? drafts.limit(sequence, policy.snapshot()) : 0;
      entries.add(
          new BatchView.Entry(
              sequence.number(),
              sequence.targetKv().computed(),
              step.rows(i),
              samples,
              limit,
              sequence.knownTokens() - sequence.draftKv().computed(),
              sequence.outputTokens(),
              sequence.request().serviceClass(),
              sequence.request().slo(),
              sequence.decodeElapsedNanos(nowNanos),
              sequence.acceptanceRate()));
    }
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
              sequence.draftKv().computed(),
              model ? sequence.draftKv().snapshot() : NO_BLOCKS));
    }
    return work;
  }
}
