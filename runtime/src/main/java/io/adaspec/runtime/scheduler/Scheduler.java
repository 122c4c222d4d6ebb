package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.AdmissionControl.Outlook;
import io.adaspec.runtime.speculation.ControllerState;
import io.adaspec.runtime.speculation.CostCorrection;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationController;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepGains;
import io.adaspec.runtime.speculation.StepObservation;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides, for one device, who computes what in the next step, and folds in what came of the last
 * one: continuous batching with chunked prefill, preemption by recompute, prefix cache and
 * per-sequence speculation under one budget of rows.
 *
 * <p>{@link #schedule}, execute the plan, {@link #commit}; never two steps at once. Everything else
 * may be called at any time in between; what concerns a sequence in the step takes effect at its
 * commit. Time is an argument. Not thread-safe.
 */
public final class Scheduler {
  private final WaitingQueue waiting;
  private final SchedulerLimits configured;
  private final BiFunction<PolicySnapshot, ControllerState, SpeculationStrategy> strategies;
  private final Residents residents = new Residents();
  private DeviceInfo device;
  private SchedulerLimits limits;
  private KvMemory kv;
  private StepPlanner planner;
  private Policy policy;
  private ControllerState learned = ControllerState.initial();
  private Pace pace = Pace.initial();
  private boolean ready = true;
  private long nextStep;
  private StepPlanner.@Nullable Planned inFlight;
  private long plannedNanos;

  /** A scheduler with the strategies of this library. */
  public Scheduler(
      DeviceInfo device,
      WaitingQueue waiting,
      SchedulerLimits limits,
      PolicySnapshot policy,
      CostModel cost) {
    this(device, waiting, limits, policy, cost, Strategies::of);
  }

  /**
   * @param device the device it plans for, ready
   * @param waiting where new requests come from; may be shared with other schedulers
   * @param limits what it may do at once
   * @param policy how it speculates until another policy arrives
   * @param cost predicts durations on this device
   * @param strategies makes the strategy of a policy with what was learned; asked after every step
   */
  public Scheduler(
      DeviceInfo device,
      WaitingQueue waiting,
      SchedulerLimits limits,
      PolicySnapshot policy,
      CostModel cost,
      BiFunction<PolicySnapshot, ControllerState, SpeculationStrategy> strategies) {
    this.waiting = waiting;
    this.configured = limits;
    this.strategies = strategies;
    this.policy = new Policy(policy, strategies.apply(policy, learned), cost);
    this.device = device;
    this.limits = limits.within(device.maxRows());
    this.kv = new KvMemory(device);
    this.planner = new StepPlanner(device, this.limits, residents, waiting, kv);
  }

  /**
   * Plans the next step.
   *
   * @return empty when nobody has anything to compute, or the device is lost
   * @throws IllegalStateException if a step is in flight
   */
  public Optional<StepPlan> schedule(long nowNanos) {
    return schedule(nowNanos, sequence -> true);
  }

  /**
   * The same where several schedulers share the queue.
   *
   * @param mayTake which of the sequences that wait there may come here; see {@link Placement}
   */
  public Optional<StepPlan> schedule(long nowNanos, Predicate<Sequence> mayTake) {
    if (inFlight != null) {
      throw new IllegalStateException(
          "step " + inFlight.plan().id() + " is in flight; commit it before the next one");
    }
    if (!ready) {
      return Optional.empty();
    }
    CostModel predicted = learned.correction().applied(policy.cost());
    inFlight = planner.plan(nextStep, policy, predicted, mayTake, nowNanos).orElse(null);
    if (inFlight == null) {
      return Optional.empty();
    }
    nextStep++;
    plannedNanos = nowNanos;
    return Optional.of(inFlight.plan());
  }

  /**
   * Folds in the result of the step in flight.
   *
   * @throws IllegalArgumentException if the result does not answer that step; nothing has changed
   */
  public StepOutcome commit(StepResult result, long nowNanos) {
    StepPlanner.Planned step = inFlight;
    if (step == null || step.plan().id() != result.planId()) {
      throw new IllegalArgumentException(
          "result of step "
              + result.planId()
              + ", but "
              + (step == null ? "no step" : "step " + step.plan().id())
              + " is in flight");
    }
    Commit.check(step.plan(), result);
    inFlight = null;
    Commit commit = new Commit(device, residents, kv, nowNanos);
    for (int i = 0; i < step.rows().size(); i++) {
      commit.fold(step.rows().sequence(i), step.plan().work().get(i), result.sequences().get(i));
    }
    pace = pace.next(commit);
    CostModel corrected = learned.correction().applied(step.policy().cost());
    StepReport report = Reports.of(step, result, commit, corrected, plannedNanos, nowNanos);
    StepDecision decision = step.decision(learned.ledger().gainNanos());
    learned = SpeculationController.next(learned, report, policy.cost());
    StepGains gains = StepGains.of(report, learned.correction().applied(policy.cost()));
    commit.earn(report, gains);
    policy =
        new Policy(policy.snapshot(), strategies.apply(policy.snapshot(), learned), policy.cost());
    return new StepOutcome(
        commit.emissions(),
        report,
        decision,
        StepObservation.of(
            decision.batch(), report, gains, Reports.observed(residents, waiting, kv)));
  }

  /** Whether the step of that id is in flight; a result of any other is to be thrown away. */
  public boolean expects(long planId) {
    return inFlight != null && inFlight.plan().id() == planId;
  }

  /** Requests that take part in the step in flight; none when there is none. */
  public List<RequestId> inFlight() {
    StepPlanner.Planned step = inFlight;
    return step == null ? List.of() : step.rows().sequences().stream().map(Sequence::id).toList();
  }

  /**
   * The device failed: its KV is gone and so is the step in flight. All sequences are preempted and
   * wait for {@link #deviceReady}; none emits a token twice.
   */
  public void deviceLost() {
    abandonStep();
    for (Sequence sequence : List.copyOf(residents.running())) {
      kv.release(sequence);
      sequence.countPreemption();
      residents.preempt(sequence);
    }
    kv.forgetAll();
    ready = false;
  }

  /**
   * The device is open again, with empty KV, perhaps with other sizes. A sequence that it cannot
   * hold any more holds up nobody; it waits until it is cancelled or given up by {@link #release}.
   */
  public void deviceReady(DeviceInfo opened) {
    if (ready) {
      deviceLost();
    }
    device = opened;
    limits = configured.within(opened.maxRows());
    kv = new KvMemory(opened);
    planner = new StepPlanner(opened, limits, residents, waiting, kv);
    ready = true;
  }

  /**
   * Gives up all sequences, for {@link WaitingQueue#adopt} to pass on to other schedulers. What
   * they have emitted stays emitted.
   */
  public List<Sequence> release() {
    abandonStep();
    List<Sequence> released = residents.all();
    for (Sequence sequence : released) {
      kv.release(sequence);
      residents.remove(sequence);
    }
    return released;
  }

  private void abandonStep() {
    if (inFlight != null) {
      for (Sequence sequence : inFlight.rows().sequences()) {
        if (sequence.isCancelled()) {
          drop(sequence);
        }
      }
      inFlight = null;
    }
  }

  /**
   * Ends a request of this scheduler. Nothing more is emitted for it; its blocks are free now or,
   * when it takes part in the step in flight, at the commit.
   *
   * @return false when the request is not here (it may wait in the queue, or have ended)
   */
  public boolean cancel(RequestId id) {
    Sequence sequence = residents.find(id);
    if (sequence == null || sequence.isCancelled()) {
      return false;
    }
    if (inFlight != null && inFlight.rows().has(sequence)) {
      sequence.cancel();
    } else {
      drop(sequence);
    }
    return true;
  }

  /**
   * Gives a request steps of its own until its next token, because steps that it took part in
   * failed: if it is the cause, it takes nobody along any more.
   *
   * @return false when the request is not here
   */
  public boolean runApart(RequestId id) {
    Sequence sequence = residents.find(id);
    if (sequence != null) {
      sequence.runApart();
    }
    return sequence != null;
  }

  private void drop(Sequence sequence) {
    kv.release(sequence);
    residents.remove(sequence);
  }

  /**
   * Takes a request out of the steps from the next one on, because its consumer does not keep up.
   * Its KV is kept as long as nobody else needs it, and its SLO clock stands.
   *
   * @return false when the request is neither here nor in the queue
   */
  public boolean pause(RequestId id, long nowNanos) {
    Optional<Sequence> sequence = find(id);
    sequence.ifPresent(found -> found.pause(nowNanos));
    return sequence.isPresent();
  }

  /** Undoes {@link #pause}; false when the request is neither here nor in the queue. */
  public boolean resume(RequestId id, long nowNanos) {
    Optional<Sequence> sequence = find(id);
    sequence.ifPresent(found -> found.resume(nowNanos));
    return sequence.isPresent();
  }

  private Optional<Sequence> find(RequestId id) {
    return Optional.ofNullable(residents.find(id)).or(() -> waiting.find(id));
  }

  /**
   * Follows another policy from the next step on; an older one than the present is ignored.
   *
   * @throws IllegalArgumentException if its strategy is unknown or does not go with its verifier
   */
  public void apply(PolicySnapshot snapshot) {
    if (snapshot.version() >= policy.snapshot().version()) {
      policy = new Policy(snapshot, strategies.apply(snapshot, learned), policy.cost());
    }
  }

  /** Reckons with another cost model from the next step on; what corrected the old one is void. */
  public void apply(CostModel cost) {
    learned = learned.withCorrection(CostCorrection.none());
    policy = new Policy(policy.snapshot(), strategies.apply(policy.snapshot(), learned), cost);
  }

  /** What its steps have taught about acceptance, times and gains. */
  public ControllerState learned() {
    return learned;
  }

  public PolicySnapshot policy() {
    return policy.snapshot();
  }

  public CostModel cost() {
    return policy.cost();
  }

  /** How busy it is, and what its steps cost as corrected by those that were measured. */
  Outlook outlook() {
    return new Outlook(load(), learned.correction().applied(policy.cost()));
  }

  boolean isReady() {
    return ready;
  }

  /** How long ago the step in flight was planned; 0 without one. */
  long inFlightNanos(long nowNanos) {
    return inFlight == null ? 0 : nowNanos - plannedNanos;
  }

  /** Known tokens of a sequence without KV that need not be computed here. */
  int cachedTokens(Sequence sequence) {
    return kv.cachedTokens(sequence);
  }

  public DeviceInfo device() {
    return device;
  }

  /** Whether the request has a place here. */
  public boolean contains(RequestId id) {
    return residents.find(id) != null;
  }

  /** Sequences that belong here, in no particular order. */
  public List<RequestId> requests() {
    List<RequestId> ids = new ArrayList<>();
    residents.all().forEach(sequence -> ids.add(sequence.id()));
    return ids;
  }

  /** How busy it is; costs a look at each of its sequences. */
  public SchedulerLoad load() {
    return Reports.load(
        ready,
        inFlight != null,
        residents,
        limits,
        kv,
        planner.obtainableBlocks(nextStep),
        pace,
        device.capacityTokens());
  }

  /** Throws if tables, pools and states disagree; for tests. */
  public void checkInvariants() {
    residents.checkInvariants();
    kv.checkInvariants(residents.all());
    for (Sequence sequence : residents.running()) {
      int most = kv.target().blocksFor(sequence.knownTokens());
      if (inFlight == null && sequence.targetKv().blocks() > most) {
        throw new IllegalStateException(
            sequence + " holds " + sequence.targetKv().blocks() + " KV blocks and needs " + most);
      }
    }
  }
}
