package io.adaspec.actors;

import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.actors.EngineStatus.DeviceStatus;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.AdmissionControl.Outlook;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Strategies;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * All devices of an engine, with the queue that their schedulers share: what concerns a request is
 * done wherever the request is. Not thread-safe.
 */
final class DeviceFleet {
  private final EngineDefinition engine;
  private final WaitingQueue waiting;
  private final List<DeviceSlot> devices;
  private PolicySnapshot policy;

  DeviceFleet(EngineDefinition engine, WaitingQueue waiting) {
    this.engine = engine;
    this.waiting = waiting;
    this.devices = engine.devices().stream().map(opener -> new DeviceSlot(opener.name())).toList();
    this.policy = engine.settings().policy();
  }

  DeviceSlot get(int index) {
    return devices.get(index);
  }

  /** Sends a step to every device that is idle and has something to do. */
  void advance(long nowNanos) {
    List<Scheduler> fleet = schedulers();
    devices.forEach(device -> device.advance(fleet, nowNanos));
  }

  /**
   * Sends the next step of a device that has just done one, and then those of idle devices, for
   * whom somebody who waits may now be better off with them.
   */
  void advance(DeviceSlot done, long nowNanos) {
    done.advance(schedulers(), nowNanos);
    if (devices.size() > 1 && !waiting.isEmpty()) {
      advance(nowNanos);
    }
  }

  /** A device is open, for the first time or again. */
  DeviceSlot opened(BatchingActor.DeviceReady ready) {
    DeviceSlot device = devices.get(ready.index());
    if (device.scheduler().isPresent()) {
      device.release().forEach(waiting::adopt); // it may hold less than before
      device.reopen(ready.info(), ready.device());
    } else {
      Scheduler first =
          new Scheduler(
              ready.info(),
              waiting,
              engine.settings().stepLimits(),
              policy,
              ready.cost(),
              Strategies::of);
      device.open(first, ready.device());
    }
    return device;
  }

  /** Follows another policy from the next steps on; one that comes too late is ignored. */
  void follow(PolicySnapshot next) {
    if (next.version() >= policy.version()) {
      policy = next;
      schedulers().forEach(scheduler -> scheduler.apply(next));
    }
  }

  PolicySnapshot policy() {
    return policy;
  }

  /** Ends a request, wherever it is. */
  void withdraw(RequestId id) {
    if (!waiting.cancel(id)) {
      schedulers().forEach(scheduler -> scheduler.cancel(id));
    }
  }

  void pause(RequestId id, long nowNanos) {
    schedulers().forEach(scheduler -> scheduler.pause(id, nowNanos));
  }

  void resume(RequestId id, long nowNanos) {
    schedulers().forEach(scheduler -> scheduler.resume(id, nowNanos));
  }

  /**
   * Sequences of devices that cannot go on move to the queue, for others to take; without any that
   * is ready, they wait for the return of their own.
   */
  void passOn() {
    boolean anyReady = anyReady();
    for (DeviceSlot device : devices) {
      boolean stands = anyReady && device.state() != DeviceState.READY;
      if (stands || device.state() == DeviceState.LOST) {
        device.release().forEach(waiting::adopt);
      }
    }
  }

  /** Requests in the queue that are longer than anything the devices left can hold. */
  List<RequestId> unplaceable() {
    return allLost() ? List.of() : waiting.longerThan(capacityTokens());
  }

  /** The longest sequence that some device holds or will hold. */
  int capacityTokens() {
    return devices.stream().mapToInt(DeviceSlot::capacityTokens).max().orElse(0);
  }

  /** Devices whose step in flight was sent before {@code beforeNanos}. */
  List<DeviceSlot> overdue(long beforeNanos) {
    return devices.stream().filter(device -> device.isOverdue(beforeNanos)).toList();
  }

  /** Overdue devices whose step was sent before {@code beforeNanos}. */
  List<DeviceSlot> silent(long beforeNanos) {
    return devices.stream().filter(device -> device.isSilent(beforeNanos)).toList();
  }

  /** Whether some device's KV memory would hold the prompt. */
  boolean mayHold(InferenceRequest request) {
    return devices.stream().anyMatch(device -> device.mayHold(request));
  }

  /** How busy those devices are that would hold the prompt; without those never open yet. */
  List<Outlook> outlooks(InferenceRequest request) {
    return devices.stream()
        .filter(device -> device.mayHold(request))
        .flatMap(device -> device.scheduler().stream())
        .map(scheduler -> new Outlook(scheduler.load(), scheduler.cost()))
        .toList();
  }

  boolean anyReady() {
    return devices.stream().anyMatch(device -> device.state() == DeviceState.READY);
  }

  /** Whether some device has taken steps, now or before. */
  boolean anyOpened() {
    return devices.stream().anyMatch(device -> device.state() != DeviceState.STARTING);
  }

  boolean allLost() {
    return devices.stream().allMatch(device -> device.state() == DeviceState.LOST);
  }

  /** The actors of devices that were opened, by the devices' names. */
  Map<String, ActorRef<GpuActor.Command>> actors() {
    Map<String, ActorRef<GpuActor.Command>> actors = new LinkedHashMap<>();
    for (DeviceSlot device : devices) {
      device.actor().ifPresent(actor -> actors.put(device.name(), actor));
    }
    return actors;
  }

  List<DeviceStatus> status() {
    return devices.stream().map(DeviceSlot::status).toList();
  }

  List<Scheduler> schedulers() {
    return devices.stream().flatMap(device -> device.scheduler().stream()).toList();
  }
}
