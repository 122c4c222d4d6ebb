package io.adaspec.runtime.simulation;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.AdmissionControl;
import io.adaspec.runtime.scheduler.Placement;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.scheduler.TokenEmission;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepObservation;
import io.adaspec.runtime.speculation.control.ControlReport;
import io.adaspec.runtime.speculation.control.PolicyController;
import io.adaspec.runtime.time.VirtualClock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The whole engine on one thread in virtual time: what actors do with messages, it does with method
 * calls. The life of a request, in the order of the methods below:
 *
 * <ol>
 *   <li>{@link #submit}: a request will arrive at its arrival time.
 *   <li>{@code arrive}: {@link AdmissionControl} admits it, with a predicted wait, or refuses it;
 *       who is admitted waits in the {@link WaitingQueue} that all devices share.
 *   <li>{@code begin}: an idle device asks its {@link Scheduler} for a step, in which it may take
 *       those from the queue whom {@link Placement} predicts to finish there first. The plan says
 *       who computes how many tokens: prefill chunks of newcomers, one token of those that decode,
 *       and draft tokens as far as the policy's strategy wants them. The device executes it: draft
 *       passes, one verify pass.
 *   <li>{@code end}: when the step's time is over the scheduler commits its result. Tokens are
 *       emitted, finished sequences free their KV blocks, the strategy's estimates are corrected.
 *   <li>{@code supervise}: four times a second the {@link PolicyController} looks at the steps done
 *       and may give a service class another drafter or draft cap.
 *   <li>The next step begins, until nobody has anything to do.
 * </ol>
 *
 * <p>The clock jumps from event to event. Equal traffic, devices and policy give equal results, bit
 * for bit. Not thread-safe.
 */
public final class EngineSimulation {
  private static final long LOOK_NANOS = 250_000_000L;

  private final VirtualClock clock = new VirtualClock(0);
  private final WaitingQueue waiting;
  private final AdmissionControl admission;
  private final List<Lane> lanes = new ArrayList<>();
  private final List<Scheduler> schedulers;
  private final PriorityQueue<InferenceRequest> arrivals =
      new PriorityQueue<>(
          Comparator.comparingLong(InferenceRequest::arrivalNanos)
              .thenComparing(request -> request.id().value()));
  private final Map<RequestId, RequestRecord> records = new LinkedHashMap<>();
  private final StepTally tally;
  private final List<StepObservation> observed = new ArrayList<>();
  private PolicyController controller;
  private boolean supervised = true;

  /**
   * An engine without requests.
   *
   * @param devices in virtual time, fresh; one scheduler drives each
   * @param queue bounds of the queue and lateness at which requests are refused
   * @param limits of each scheduler
   * @param policy that all of them follow
   */
  public EngineSimulation(
      List<SimulatedDevice> devices,
      QueueBounds queue,
      SchedulerLimits limits,
      PolicySnapshot policy) {
    this.waiting = new WaitingQueue(queue.maxRequests(), queue.maxTokens());
    this.admission = new AdmissionControl(queue.maxLateness());
    for (SimulatedDevice device : devices) {
      lanes.add(
          new Lane(device, new Scheduler(device.info(), waiting, limits, policy, device.cost())));
    }
    this.schedulers = lanes.stream().map(Lane::scheduler).toList();
    this.tally = new StepTally(devices.getFirst().cost());
    this.controller = PolicyController.begin(policy, 0);
  }

  /** Leaves the policy as it is set, whatever the load. */
  public EngineSimulation withoutSupervisor() {
    supervised = false;
    return this;
  }

  /** A request will arrive at its arrival time, now at the earliest. */
  public void submit(InferenceRequest request) {
    if (records.putIfAbsent(request.id(), new RequestRecord(request)) != null) {
      throw new IllegalArgumentException("a request of id " + request.id() + " is known already");
    }
    arrivals.add(request);
  }

  /** Lives through everything that happens until nobody has anything to do. */
  public void run() {
    while (advance()) {
      // the event is over
    }
  }

  /** Lives through everything that happens before {@code nanos}, and then it is that late. */
  public void runUntil(long nanos) {
    while (nextEventNanos() < nanos) {
      advance();
    }
    clock.advanceTo(nanos);
  }

  /** Goes to the next event and deals with it; false when there is none. */
  public boolean advance() {
    long next = nextEventNanos();
    if (next == Long.MAX_VALUE) {
      return false;
    }
    clock.advanceTo(next);
    for (Lane lane : lanes) {
      if (lane.isBusy() && lane.endNanos() <= clock.nanoTime()) {
        end(lane);
      }
    }
    supervise();
    while (!arrivals.isEmpty() && arrivals.element().arrivalNanos() <= clock.nanoTime()) {
      arrive(arrivals.remove());
    }
    for (Lane lane : lanes) {
      if (!lane.isBusy()) {
        begin(lane);
      }
    }
    return true;
  }

  private long nextEventNanos() {
    long next = arrivals.isEmpty() ? Long.MAX_VALUE : arrivals.element().arrivalNanos();
    for (Lane lane : lanes) {
      next = Math.min(next, lane.isBusy() ? lane.endNanos() : Long.MAX_VALUE);
    }
    return next == Long.MAX_VALUE ? next : Math.max(next, clock.nanoTime());
  }

  private void arrive(InferenceRequest request) {
    List<AdmissionControl.Outlook> outlooks = lanes.stream().map(Lane::outlook).toList();
    RequestRecord record = record(request.id());
    switch (admission.judge(request, waiting, outlooks)) {
      case AdmissionControl.Admitted admitted -> {
        record.admit(admitted.predictedWaitNanos());
        waiting.submit(request);
      }
      case AdmissionControl.Refused refused -> record.refuse(refused);
    }
  }

  private void begin(Lane lane) {
    long now = clock.nanoTime();
    lane.begin(now, Placement.on(lane.scheduler(), schedulers, now));
  }

  private void end(Lane lane) {
    StepOutcome outcome = lane.end(clock.nanoTime());
    for (TokenEmission emission : outcome.emissions()) {
      record(emission.request()).emit(emission, clock.nanoTime());
    }
    tally.add(outcome.report());
    if (supervised) {
      observed.add(outcome.observation());
    }
  }

  /** The supervisor's look at the steps since the last one, about four times a second. */
  private void supervise() {
    if (!supervised || clock.nanoTime() - controller.atNanos() < LOOK_NANOS) {
      return;
    }
    long version = controller.policy().version();
    controller = controller.next(observed, clock.nanoTime());
    observed.clear();
    if (controller.policy().version() != version) {
      guide();
    }
  }

  private void guide() {
    lanes.forEach(lane -> lane.scheduler().apply(controller.policy()));
  }

  /** The request's client goes away. */
  public void cancel(RequestId id) {
    record(id).cancel();
    if (!arrivals.remove(record(id).request()) && !waiting.cancel(id)) {
      lanes.forEach(lane -> lane.scheduler().cancel(id));
    }
    wake();
  }

  /** The request's client does not keep up. */
  public void pause(RequestId id) {
    lanes.forEach(lane -> lane.scheduler().pause(id, clock.nanoTime()));
  }

  /** The request's client has caught up. */
  public void resume(RequestId id) {
    lanes.forEach(lane -> lane.scheduler().resume(id, clock.nanoTime()));
    wake();
  }

  /** All schedulers follow another policy from their next steps on; it gets the next version. */
  public void apply(PolicySnapshot policy) {
    controller = controller.withPolicy(policy, clock.nanoTime());
    guide();
  }

  /** The policy in force. */
  public PolicySnapshot policy() {
    return controller.policy();
  }

  /** What the supervisor makes of the load, and why. */
  public ControlReport control() {
    return controller.report(clock.nanoTime());
  }

  private void wake() {
    lanes.stream().filter(lane -> !lane.isBusy()).forEach(this::begin);
  }

  public long nowNanos() {
    return clock.nanoTime();
  }

  /** What became of every request so far, in the order of submission. */
  public Collection<RequestRecord> records() {
    return records.values();
  }

  /** What became of one request so far. */
  public RequestRecord record(RequestId id) {
    RequestRecord record = records.get(id);
    if (record == null) {
      throw new IllegalArgumentException("there is no request of id " + id);
    }
    return record;
  }

  /** The steps so far, in numbers. */
  public StepTally steps() {
    return tally;
  }

  /** Throws if a scheduler's tables, pools and states disagree; for tests. */
  public void checkInvariants() {
    lanes.forEach(lane -> lane.scheduler().checkInvariants());
  }

  /** Throws unless nobody holds a KV block; for tests, when nobody has anything to do. */
  public void checkAllFree() {
    for (Lane lane : lanes) {
      lane.checkAllFree();
    }
  }
}
