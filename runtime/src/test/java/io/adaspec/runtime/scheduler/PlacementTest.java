package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.step.StepPlan;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which of several devices takes a waiting request. */
class PlacementTest {
  private static final int PROMPT = 40;

  private final WaitingQueue waiting = new WaitingQueue(100, 100_000);
  private final SimulatedDevice slowDevice = open("sim:tiny,slowdown=4");
  private final SimulatedDevice fastDevice = open("sim:tiny");
  private final Scheduler slow = scheduler(slowDevice, 4);
  private final Scheduler fast = scheduler(fastDevice, 1);
  private final List<Scheduler> all = List.of(slow, fast);

  private static SimulatedDevice open(String name) {
    return SimulatedDeviceProvider.openSimulated(name);
  }

  /** A scheduler that knows how slow its device is. */
  private Scheduler scheduler(SimulatedDevice device, double slowdown) {
    return new Scheduler(
        device.info(),
        waiting,
        new SchedulerLimits(4, 64, 8),
        PolicySnapshot.plain(),
        new SlowedCost(device.cost(), slowdown));
  }

  private void submit(String id, int salt, int outputTokens) {
    TokenIds prompt =
        TokenIds.of(IntStream.range(0, PROMPT).map(i -> (i * 7 + salt * 13) & 63).toArray());
    assertThat(waiting.submit(InferenceRequest.builder(id, prompt, outputTokens, 0).build()))
        .isTrue();
  }

  /** One step of a device, if it has anything to do. */
  private boolean step(Scheduler scheduler, SimulatedDevice device) {
    Optional<StepPlan> plan = scheduler.schedule(0, Placement.on(scheduler, all, 0));
    plan.ifPresent(each -> scheduler.commit(device.execute(each), 0));
    return plan.isPresent();
  }

  @Test
  void anIdleSlowDeviceLeavesARequestToTheFastOne() {
    submit("a", 1, 50);

    assertThat(step(slow, slowDevice)).isFalse();
    assertThat(step(fast, fastDevice)).isTrue();
    assertThat(fast.contains(new RequestId("a"))).isTrue();
  }

  @Test
  void theSlowDeviceTakesWhatWouldWaitLongerForTheFastOne() {
    for (int i = 0; i < 12; i++) {
      submit("r" + i, i, 50);
    }
    for (int i = 0; i < 4; i++) {
      step(fast, fastDevice);
    }
    step(slow, slowDevice);

    assertThat(fast.requests()).hasSize(4);
    assertThat(slow.requests()).isNotEmpty();
    assertThat(waiting.size()).as("who waits for the fast one").isPositive();
  }

  @Test
  void aDeviceThatIsNotReadyTakesNothingAndIsNotWaitedFor() {
    fast.deviceLost();
    submit("a", 1, 50);

    assertThat(step(slow, slowDevice)).isTrue();
    assertThat(slow.contains(new RequestId("a"))).isTrue();
  }

  @Test
  void aDeviceThatHangsIsNotWaitedFor() {
    submit("a", 1, 50);
    assertThat(fast.schedule(0, Placement.on(fast, all, 0))).isPresent();
    submit("b", 2, 50);

    assertThat(slow.schedule(0, Placement.on(slow, all, 0))).isEmpty();
    long late = 100_000_000_000L;
    assertThat(slow.schedule(late, Placement.on(slow, all, late))).isPresent();
  }

  @Test
  void aConversationGoesBackToTheDeviceThatHasItsPrefix() {
    SimulatedDevice twinDevice = open("sim:tiny");
    Scheduler twin = scheduler(twinDevice, 1);
    List<Scheduler> twins = List.of(fast, twin);
    submit("first", 3, 2);
    while (twin.schedule(0).map(plan -> twin.commit(twinDevice.execute(plan), 0)).isPresent()) {
      // until it has finished
    }
    submit("again", 3, 2);
    submit("other", 4, 2);

    assertThat(fast.schedule(0, Placement.on(fast, twins, 0))).isPresent();
    assertThat(fast.requests()).containsExactly(new RequestId("other"));
    assertThat(twin.schedule(0, Placement.on(twin, twins, 0))).isPresent();
    assertThat(twin.requests()).containsExactly(new RequestId("again"));
  }

  @Test
  void equalDevicesShareEqually() {
    SimulatedDevice twinDevice = open("sim:tiny");
    Scheduler twin = scheduler(twinDevice, 1);
    List<Scheduler> twins = List.of(fast, twin);
    for (int i = 0; i < 6; i++) {
      submit("r" + i, i, 50);
    }
    fast.schedule(0, Placement.on(fast, twins, 0));
    twin.schedule(0, Placement.on(twin, twins, 0));

    assertThat(fast.requests()).hasSameSizeAs(twin.requests());
  }

  @Test
  void devicesWhoseMeasuredCostsDifferSlightlyShareEquallyWhoeverAsksFirst() {
    for (boolean quickerAsksFirst : new boolean[] {true, false}) {
      Scheduler quicker = scheduler(open("sim:tiny"), 0.97);
      Scheduler twin = scheduler(open("sim:tiny"), 1);
      List<Scheduler> twins = quickerAsksFirst ? List.of(quicker, twin) : List.of(twin, quicker);
      for (int i = 0; i < 4; i++) {
        submit("r" + i + quickerAsksFirst, i, 200);
      }
      twins.forEach(each -> each.schedule(0, Placement.on(each, twins, 0)));

      assertThat(quicker.requests()).hasSize(2);
      assertThat(twin.requests()).hasSize(2);
    }
  }

  @Test
  void anIdleDeviceTakesWhatCameWhileItsSlightlyQuickerTwinBegan() {
    Scheduler quicker = scheduler(open("sim:tiny"), 0.97);
    Scheduler twin = scheduler(open("sim:tiny"), 1);
    List<Scheduler> twins = List.of(quicker, twin);
    submit("a", 1, 200);
    assertThat(quicker.schedule(0, Placement.on(quicker, twins, 0))).isPresent();
    submit("b", 2, 200);

    assertThat(twin.schedule(0, Placement.on(twin, twins, 0))).isPresent();
    assertThat(twin.requests()).containsExactly(new RequestId("b"));
  }
}
