package io.adaspec.benchmarks.engine;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.TokenEmission;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import io.adaspec.runtime.time.NanoClock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The engine without actors: scheduler, device and detokenization in one loop on one thread, which
 * is the least that any serving path does.
 */
final class BareEngine implements AutoCloseable {
  private final Tokenizer tokenizer;
  private final Device device;
  private final WaitingQueue waiting = new WaitingQueue(1_000, 1_000_000);
  private final Scheduler scheduler;
  private final NanoClock clock = NanoClock.system();
  private long characters;

  BareEngine(Tokenizer tokenizer, Supplier<Device> opener, CostModel cost, PolicySnapshot policy) {
    this.tokenizer = tokenizer;
    this.device = opener.get();
    this.scheduler =
        new Scheduler(device.info(), waiting, SchedulerLimits.defaults(), policy, cost);
  }

  /** Runs all requests to their end; returns the median time of a step in nanoseconds. */
  double run(List<InferenceRequest> requests) {
    Map<Object, StreamingDecoder> decoders = new HashMap<>();
    for (InferenceRequest request : requests) {
      waiting.submit(request);
      decoders.put(request.id(), tokenizer.streamingDecoder(request.prompt().toArray()));
    }
    StepClock steps = new StepClock();
    Optional<StepPlan> plan = scheduler.schedule(clock.nanoTime());
    while (plan.isPresent()) {
      var outcome = scheduler.commit(device.execute(plan.get()), clock.nanoTime());
      plan = scheduler.schedule(clock.nanoTime());
      for (TokenEmission emission : outcome.emissions()) {
        StreamingDecoder decoder = Objects.requireNonNull(decoders.get(emission.request()));
        for (int token : emission.tokens()) {
          characters += decoder.push(token).length();
        }
      }
      steps.stepped(clock.nanoTime());
    }
    return steps.medianNanos();
  }

  /** Text produced so far; keeps the work from being optimised away. */
  long characters() {
    return characters;
  }

  @Override
  public void close() {
    device.close();
  }
}
