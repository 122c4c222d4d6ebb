package io.adaspec.actors;

import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.control.ControlReport;
import java.util.List;
import java.util.Map;

/**
 * The engine at one moment.
 *
 * @param ready whether a request would be taken: at least one device is ready, there is room in the
 *     queue, and it is not draining
 * @param draining whether it is shutting down
 * @param reason why it is not ready; empty when it is
 * @param devices one entry per device
 * @param running sequences on devices, paused ones among them
 * @param paused sequences that wait for their consumer
 * @param waiting requests that wait for their first step
 * @param waitingTokens prompt tokens of those
 * @param policy the policy in force
 * @param attainment latency targets met and goodput, by class
 * @param control what the slow loop makes of the policy, and why
 * @param mailboxes messages that wait for each of its actors
 */
public record EngineStatus(
    boolean ready,
    boolean draining,
    String reason,
    List<DeviceStatus> devices,
    int running,
    int paused,
    int waiting,
    long waitingTokens,
    PolicySnapshot policy,
    SloAttainment attainment,
    ControlReport control,
    Map<String, Integer> mailboxes) {
  public EngineStatus {
    devices = List.copyOf(devices);
    mailboxes = Map.copyOf(mailboxes);
  }

  static EngineStatus of(
      boolean draining,
      DeviceFleet devices,
      WaitingQueue waiting,
      SloAttainment attainment,
      ControlReport control,
      Map<String, Integer> mailboxes) {
    List<DeviceStatus> all = devices.status();
    String reason = draining ? "the engine is shutting down" : whyNotReady(devices, waiting, all);
    return new EngineStatus(
        reason.isEmpty(),
        draining,
        reason,
        all,
        all.stream().mapToInt(DeviceStatus::running).sum(),
        all.stream().mapToInt(DeviceStatus::paused).sum(),
        waiting.size(),
        waiting.tokens(),
        devices.policy(),
        attainment,
        control,
        mailboxes);
  }

  private static String whyNotReady(
      DeviceFleet devices, WaitingQueue waiting, List<DeviceStatus> all) {
    if (!devices.anyReady()) {
      return "no device is ready: " + all.getFirst().detail();
    }
    return waiting.isSaturated()
        ? "the queue is full: %d requests with %d tokens wait, of at most %d and %d"
            .formatted(waiting.size(), waiting.tokens(), waiting.maxRequests(), waiting.maxTokens())
        : "";
  }

  /**
   * One device.
   *
   * @param name as given on the command line
   * @param description for people; empty before it was first open
   * @param bitExact whether a text depends on nothing but its request; see {@link
   *     io.adaspec.runtime.device.FastPrefill}
   * @param state what it does
   * @param detail why it is not ready; empty when it is
   * @param running sequences on it, paused and preempted ones among them
   * @param paused of these, sequences that wait for their consumer
   * @param kvBlocks KV blocks of the target, lent ones included
   * @param usedKvBlocks of these, blocks in use by sequences
   * @param lentKvBlocks of these, blocks that lie in the draft model's memory
   * @param draftKvBlocks KV blocks of the draft model whose memory is not lent
   * @param usedDraftKvBlocks of these, blocks in use by sequences
   * @param restarts times it was opened again
   */
  public record DeviceStatus(
      String name,
      String description,
      boolean bitExact,
      DeviceState state,
      String detail,
      int running,
      int paused,
      int kvBlocks,
      int usedKvBlocks,
      int lentKvBlocks,
      int draftKvBlocks,
      int usedDraftKvBlocks,
      int restarts) {}

  /** What a device does. */
  public enum DeviceState {
    /** Being opened for the first time. */
    STARTING,
    /** Takes steps. */
    READY,
    /** Failed; it is being opened again. */
    RESTARTING,
    /** A step takes far longer than predicted; its sequences will be computed again. */
    OVERDUE,
    /** Lost to this process. */
    LOST
  }
}
