package io.adaspec.benchmarks.engine;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.TokenEmission;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.text.Tokenizer;
import java.util.Optional;

/** What a request's text is on a device of its own, without speculation. Thread-safe. */
record SoakOracle(String device, Tokenizer tokenizer) {
  String text(InferenceRequest request) {
    SimulatedDevice alone = SimulatedDeviceProvider.openSimulated(device);
    WaitingQueue waiting = new WaitingQueue(1, 10_000);
    Scheduler scheduler =
        new Scheduler(
            alone.info(),
            waiting,
            SchedulerLimits.defaults(),
            PolicySnapshot.plain(),
            alone.cost());
    waiting.submit(request);
    StringBuilder text = new StringBuilder();
    Optional<StepPlan> plan = scheduler.schedule(0);
    while (plan.isPresent()) {
      for (TokenEmission emission : scheduler.commit(alone.execute(plan.get()), 0).emissions()) {
        text.append(tokenizer.decode(emission.tokens()));
      }
      plan = scheduler.schedule(0);
    }
    return text.toString();
  }
}
