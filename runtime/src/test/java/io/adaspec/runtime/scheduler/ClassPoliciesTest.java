package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One request of each class, whose class policies differ. */
class ClassPoliciesTest {
  private final SimulatedDevice device = SimulatedDeviceProvider.openSimulated("sim:tiny");
  private final WaitingQueue waiting = new WaitingQueue(10, 10_000);

  private static PolicySnapshot policy(String strategy, long version) {
    ClassPolicies classes =
        ClassPolicies.open()
            .with(ServiceClass.STANDARD, ClassPolicy.open().with(DrafterKind.NGRAM, 2))
            .with(ServiceClass.BATCH, ClassPolicy.open().with(DrafterKind.NONE, 8));
    return new PolicySnapshot(version, strategy, DrafterKind.MODEL, 8, Verifier.COUPLED, classes);
  }

  private Scheduler scheduler(PolicySnapshot policy) {
    Scheduler scheduler =
        new Scheduler(device.info(), waiting, SchedulerLimits.defaults(), policy, device.cost());
    for (ServiceClass each : ServiceClass.values()) {
      waiting.submit(
          InferenceRequest.builder(
                  each.name(), TokenIds.of(IntStream.range(0, 20).toArray()), 200, 0)
              .serviceClass(each)
              .build());
    }
    return scheduler;
  }

  /** The work of a step, by class. */
  private record Step(Map<ServiceClass, SequenceWork> work) {
    SequenceWork of(ServiceClass serviceClass) {
      SequenceWork own = work.get(serviceClass);
      return Objects.requireNonNull(own);
    }
  }

  private Step step(Scheduler scheduler) {
    StepPlan plan = scheduler.schedule(0).orElseThrow();
    scheduler.commit(device.execute(plan), 0);
    Map<ServiceClass, SequenceWork> work = new EnumMap<>(ServiceClass.class);
    for (int i = 0; i < plan.work().size(); i++) {
      BatchView.Entry entry = plan.batch().get(i);
      work.put(entry.serviceClass(), plan.work().get(i));
    }
    return new Step(work);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fixed:4", "threshold:0.0", "slo", "adaspec", "smartspec"})
  void everyStrategyHonoursThem(String strategy) {
    Scheduler scheduler = scheduler(policy(strategy, 1));
    int drafts = 0;
    for (int i = 0; i < 40; i++) {
      Step work = step(scheduler);
      drafts += work.of(ServiceClass.INTERACTIVE).draftCap();
      assertThat(work.of(ServiceClass.STANDARD).drafter()).isNotEqualTo(DrafterKind.MODEL);
      assertThat(work.of(ServiceClass.STANDARD).draftCap()).isLessThanOrEqualTo(2);
      assertThat(work.of(ServiceClass.BATCH).draftCap()).isZero();
    }
    assertThat(drafts).as("interactive requests draft").isPositive();
  }

  @Test
  void aClassWhoseModelRestsLetsGoOfItsDraftKv() {
    PolicySnapshot open = new PolicySnapshot(1, "fixed:4", DrafterKind.MODEL, 8, Verifier.COUPLED);
    Scheduler scheduler = scheduler(open);
    for (int i = 0; i < 3; i++) {
      step(scheduler);
    }
    int before = scheduler.load().freeDraftKvBlocks();

    scheduler.apply(policy("fixed:4", 2));
    step(scheduler);

    assertThat(scheduler.load().freeDraftKvBlocks()).isGreaterThan(before);
    scheduler.checkInvariants();
    scheduler.apply(open.withVersion(3));
    assertThat(step(scheduler).of(ServiceClass.BATCH).draftCap()).as("and comes back").isPositive();
  }
}
