package io.adaspec.runtime.simulation;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Who asks what of which machine: everything that a simulation needs but the policy.
 *
 * @param name for reports
 * @param description for people
 * @param device a simulated device as on the command line
 * @param devices how many of them
 * @param seed of traffic
 * @param seconds of arrivals; what has arrived is served to its end
 * @param limits of each scheduler
 * @param queue bounds of the waiting queue
 * @param traffic streams of requests
 */
public record Scenario(
    String name,
    String description,
    String device,
    int devices,
    long seed,
    double seconds,
    SchedulerLimits limits,
    QueueBounds queue,
    List<Traffic> traffic) {
  private static final int BLOCK_TOKENS = 16;

  public Scenario {
    traffic = List.copyOf(traffic);
    if (devices < 1 || !(seconds > 0) || traffic.isEmpty()) {
      throw new IllegalArgumentException(
          "scenario "
              + name
              + ": "
              + devices
              + " devices, "
              + seconds
              + " s and "
              + traffic.size()
              + " streams of traffic must all be positive");
    }
  }

  /** The traces that its arrivals follow, each once. */
  public List<Trace> traces() {
    List<Trace> traces = new ArrayList<>();
    for (Traffic stream : traffic) {
      switch (stream.arrivals()) {
        case Arrivals.Replay replay -> traces.add(replay.trace());
        case Arrivals.Overlay overlay -> traces.add(overlay.trace());
        case Arrivals.Phases phases -> {}
      }
    }
    return traces.stream().distinct().toList();
  }

  /** The same on another device. */
  Scenario withDevice(UnaryOperator<String> change) {
    return new Scenario(
        name, description, change.apply(device), devices, seed, seconds, limits, queue, traffic);
  }

  /**
   * Simulates it.
   *
   * @param strategy as on the command line, for example {@code fixed:3}
   * @throws IllegalArgumentException if the strategy is unknown
   */
  public Outcome run(String strategy) {
    return run(strategy, Strategies.DEFAULT_DRAFT_CAP);
  }

  /** The same with drafts of up to {@code draftCap} tokens. */
  public Outcome run(String strategy, int draftCap) {
    PolicySnapshot policy =
        new PolicySnapshot(1, strategy, DrafterKind.MODEL, draftCap, Verifier.COUPLED);
    EngineSimulation engine = engine(policy);
    requests().forEach(engine::submit);
    engine.run();
    return Outcome.of(strategy, engine, seconds);
  }

  /** The engine before the first request. */
  public EngineSimulation engine(PolicySnapshot policy) {
    List<SimulatedDevice> all = new ArrayList<>();
    for (int i = 0; i < devices; i++) {
      all.add(open());
    }
    return new EngineSimulation(all, queue, limits, policy);
  }

  /** All requests, in order of arrival within each stream. */
  public List<InferenceRequest> requests() {
    SimulatedDevice sample = open();
    List<InferenceRequest> requests = new ArrayList<>();
    for (Traffic stream : traffic) {
      requests.addAll(
          stream.requests(seconds, capacity(stream.lengths()), sample.info(), sample.cost(), seed));
    }
    return requests;
  }

  private SimulatedDevice open() {
    return SimulatedDeviceProvider.openSimulated(
        new DeviceSpec(
            device, Optional.empty(), Optional.empty(), 0, 0, BLOCK_TOKENS, limits.stepTokens()));
  }

  /**
   * Requests per second that the devices can just serve by plain decoding: with B sequences at
   * once, a request takes {@code output · step(B) / B + prompt · row} of a device's time.
   */
  public double capacity(Lengths lengths) {
    DeviceInfo info = open().info();
    CostModel cost = open().cost();
    double tokens = lengths.meanPrompt() + lengths.meanOutput();
    double fitting = (double) info.kvBlocks() * info.blockTokens() / tokens;
    int most = (int) Math.clamp(fitting, 1, limits.maxSequences());
    long reads = (long) (most * (lengths.meanPrompt() + lengths.meanOutput() / 2));
    double step = cost.overheadNanos(most) + cost.targetPassNanos(most, reads);
    int chunk = limits.stepTokens() - most;
    double row =
        (cost.targetPassNanos(most + chunk, reads + BatchView.contextReads(0, chunk))
                - cost.targetPassNanos(most, reads))
            / chunk;
    return devices * 1e9 / (lengths.meanOutput() * step / most + lengths.meanPrompt() * row);
  }
}
