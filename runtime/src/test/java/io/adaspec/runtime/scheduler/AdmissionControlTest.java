package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.device.sim.SimulatedProfile;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.AdmissionControl.Admitted;
import io.adaspec.runtime.scheduler.AdmissionControl.Outlook;
import io.adaspec.runtime.scheduler.AdmissionControl.Reason;
import io.adaspec.runtime.scheduler.AdmissionControl.Refused;
import io.adaspec.runtime.speculation.CostModel;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionControlTest {
  private static final CostModel COST = SimulatedProfile.named("tiny");
  private static final AdmissionControl CONTROL = new AdmissionControl(1);

  private final WaitingQueue waiting = new WaitingQueue(10, 5000);

  @Test
  void anIdleDevicePromisesJustThePrefill() {
    double step = COST.targetPassNanos(100, 500) + COST.overheadNanos(0);

    assertThat(wait(request("a", 100), IDLE)).isCloseTo(step, within(0.1 * step));
  }

  @Test
  void theMoreWaitsBeforeItTheLongerTheWait() {
    double alone = wait(request("z", 100), IDLE);
    submit("a", 1000, ServiceClass.STANDARD);
    double behindOne = wait(request("z", 100), IDLE);
    submit("b", 1000, ServiceClass.STANDARD);

    assertThat(behindOne).isGreaterThan(2 * alone);
    assertThat(wait(request("z", 100), IDLE)).isGreaterThan(1.5 * behindOne);
  }

  @Test
  void whatIsLessUrgentDoesNotCount() {
    double alone = wait(request("z", 100), IDLE);
    submit("batch", 4000, ServiceClass.BATCH);

    assertThat(wait(request("z", 100), IDLE)).isEqualTo(alone);
  }

  @Test
  void severalDevicesShareTheQueue() {
    submit("a", 4000, ServiceClass.STANDARD);

    assertThat(wait(request("z", 100), IDLE, IDLE)).isLessThan(0.7 * wait(request("z", 100), IDLE));
  }

  @Test
  void withAllPlacesTakenItWaitsUntilASequenceHasFinished() {
    double step = COST.targetPassNanos(8, 800) + COST.overheadNanos(8);
    double finishing = 2 * 50 * step / 8;
    SchedulerLoad full = load(8, 8, 900, 1);

    assertThat(wait(request("a", 10), full)).isBetween(finishing, finishing + 3 * step);
    assertThat(wait(request("a", 10), load(8, 8, 900, 2)))
        .isLessThan(0.8 * wait(request("a", 10), full));
  }

  @Test
  void withAllBlocksTakenItWaitsUntilEnoughAreFree() {
    double room = wait(request("a", 160), load(4, 8, 900, 1));

    assertThat(wait(request("a", 160), load(4, 8, 2, 1))).isGreaterThan(room);
    assertThat(wait(request("a", 320), load(4, 8, 2, 1)))
        .isGreaterThan(wait(request("a", 160), load(4, 8, 2, 1)));
  }

  @Test
  void aFullQueueRefusesWithThePredictedWait() {
    for (int i = 0; i < 10; i++) {
      submit("r" + i, 100, ServiceClass.STANDARD);
    }

    Refused refused = (Refused) CONTROL.judge(request("z", 100), waiting, outlooks(IDLE));

    assertThat(refused.reason()).isEqualTo(Reason.QUEUE_FULL);
    assertThat((double) refused.predictedWaitNanos()).isEqualTo(wait(request("z", 100), IDLE));
    assertThat(refused.retryAfterNanos()).isBetween(1L, refused.predictedWaitNanos() / 5);
  }

  @Test
  void aQueueFullOfTokensRefusesAndAsksToWaitForAsManyToGo() {
    submit("a", 4000, ServiceClass.STANDARD);

    Refused refused = (Refused) CONTROL.judge(request("z", 1020), waiting, outlooks(IDLE));

    assertThat(refused.reason()).isEqualTo(Reason.QUEUE_FULL);
    assertThat(refused.retryAfterNanos()).isLessThan(refused.predictedWaitNanos());
    assertThat(CONTROL.judge(request("z", 1000), waiting, outlooks(IDLE)))
        .isInstanceOf(Admitted.class);
  }

  @Test
  void whoWouldBeTooLateIsRefusedUnlessLatenessIsAllowed() {
    submit("a", 4000, ServiceClass.INTERACTIVE);
    InferenceRequest hurried =
        InferenceRequest.builder("z", prompt(100), 10, 5)
            .slo(new SloTarget(1_000_000, SloTarget.NONE))
            .build();

    Refused refused = (Refused) CONTROL.judge(hurried, waiting, outlooks(IDLE));

    assertThat(refused.reason()).isEqualTo(Reason.TOO_LATE);
    assertThat(refused.retryAfterNanos())
        .isCloseTo(refused.predictedWaitNanos() - 1_000_000, within(2L));
    assertThat(
            new AdmissionControl(Double.POSITIVE_INFINITY).judge(hurried, waiting, outlooks(IDLE)))
        .isEqualTo(new Admitted(refused.predictedWaitNanos()));
  }

  @Test
  void whatNoDeviceCanHoldIsRefusedForEver() {
    Refused refused = (Refused) CONTROL.judge(request("z", 2000), waiting, outlooks(IDLE));

    assertThat(refused).isEqualTo(new Refused(Reason.TOO_LONG, 0, 0));
  }

  @Test
  void withoutAReadyDeviceNothingIsPredicted() {
    assertThat(CONTROL.judge(request("z", 100), waiting, List.of())).isEqualTo(new Admitted(0));
  }

  @Test
  void aLatenessBelowTheTargetMakesNoSense() {
    assertThatThrownBy(() -> new AdmissionControl(0.5))
        .hasMessageContaining("at least 1")
        .hasMessageContaining("not 0.5");
  }

  private static final SchedulerLoad IDLE = load(0, 8, 1000, 1);

  /** So many sequences of 100 known tokens that expect 50 more output tokens each. */
  private static SchedulerLoad load(int running, int most, int freeBlocks, double tokensPerStep) {
    return new SchedulerLoad(
        true,
        false,
        running,
        running,
        0,
        0,
        most,
        0,
        running * 50L,
        running * 50.0,
        tokensPerStep,
        1500,
        running * 100L,
        512,
        16,
        1000,
        freeBlocks,
        0,
        0,
        1000,
        1000);
  }

  private double wait(InferenceRequest request, SchedulerLoad... loads) {
    return AdmissionControl.predictedWaitNanos(request, waiting, outlooks(loads));
  }

  private static List<Outlook> outlooks(SchedulerLoad... loads) {
    return List.of(loads).stream().map(load -> new Outlook(load, COST)).toList();
  }

  private void submit(String id, int promptTokens, ServiceClass serviceClass) {
    assertThat(
            waiting.submit(
                InferenceRequest.builder(id, prompt(promptTokens), 10, 1)
                    .serviceClass(serviceClass)
                    .build()))
        .isTrue();
  }

  private static InferenceRequest request(String id, int promptTokens) {
    return InferenceRequest.builder(id, prompt(promptTokens), 10, 5).build();
  }

  private static TokenIds prompt(int tokens) {
    return TokenIds.of(new int[tokens]);
  }
}
