package io.adaspec.benchmarks.serving;

import io.adaspec.actors.EngineModel;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.speculation.CostModel;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Open-loop load on the real engine, policy beside policy.
 *
 * <p>First closed loops under plain decoding say what a load of 1 is, and requests that are alone
 * say what targets are multiples of. Then blocks: at every load, every policy serves the same
 * requests at the same times, one policy after the other, in alternating order; a block ends when
 * all its requests are served. Before them a fixed piece of work under plain decoding says how fast
 * the machine is now, and rates and targets follow. Every finished block is logged, and those in
 * the log are not run again.
 */
final class ServingBenchmark implements AutoCloseable {
  private static final String PLAIN = "off";

  private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "serving");
  private final ServingPlan plan;
  private final OpenLoopTraffic traffic;
  private final Consumer<String> progress;
  private final Map<String, ServingEngine> engines = new LinkedHashMap<>();

  /**
   * Starts an engine for every policy, and one for plain decoding.
   *
   * @param opener opens the device of one of them
   * @param cost of steps, as measured on such a device
   * @param progress what is being done, for people
   */
  ServingBenchmark(
      ServingPlan plan,
      EngineModel model,
      Supplier<Device> opener,
      CostModel cost,
      OpenLoopTraffic.PromptSource prompts,
      Consumer<String> progress) {
    this.plan = plan;
    this.traffic = new OpenLoopTraffic(plan, prompts);
    this.progress = progress;
    engines.put(PLAIN, new ServingEngine(system, model, opener, cost, PLAIN));
    for (String policy : plan.policies()) {
      engines.computeIfAbsent(policy, name -> new ServingEngine(system, model, opener, cost, name));
    }
  }

  /**
   * Warms up, and measures what plain decoding does unless the log has it.
   *
   * @param seconds of the capacity measurement; half of it goes into each warm-up
   */
  Baseline prepare(ServingLog log, double seconds) throws IOException {
    for (String policy : plan.policies()) {
      progress.accept("warming up " + policy);
      measurement(policy).warmUp(seconds / 2);
    }
    Optional<Baseline> known = log.baseline();
    if (known.isPresent()) {
      return known.get();
    }
    progress.accept("measuring the capacity of plain decoding");
    return log.begin(measurement(PLAIN).measure(seconds));
  }

  private BaselineMeasurement measurement(String policy) {
    return new BaselineMeasurement(engine(policy), plan, traffic.prompts());
  }

  private ServingEngine engine(String policy) {
    return Optional.ofNullable(engines.get(policy)).orElseThrow();
  }

  /** Runs all blocks that the log does not have. */
  void run(ServingLog log, Baseline baseline) throws IOException {
    for (int block = 0; block < plan.blocks(); block++) {
      for (double load : plan.loads()) {
        run(log, load, block, baseline);
      }
    }
  }

  private void run(ServingLog log, double load, int block, Baseline baseline) throws IOException {
    List<String> missing =
        plan.order(block).stream().filter(policy -> !log.has(load, block, policy)).toList();
    if (!missing.isEmpty()) {
      double speed = log.speed(load, block).orElseGet(() -> speed(baseline));
      run(log, load, block, missing, speed, baseline.at(speed));
    }
  }

  /** The machine's, now ÷ when the baseline was measured; as exact as the log keeps it. */
  private double speed(Baseline baseline) {
    double now = baseline.pieceSeconds() / measurement(PLAIN).pieceSeconds();
    return Math.round(1e4 * now) / 1e4;
  }

  private void run(
      ServingLog log, double load, int block, List<String> order, double speed, Baseline now)
      throws IOException {
    List<OpenLoopTraffic.Arrival> arrivals =
        traffic.block(load, block, load * now.requestsPerSecond());
    for (String policy : order) {
      progress.accept(
          String.format(
              Locale.ROOT,
              "block %d, load %s, %d requests, machine at %.2f, %s",
              block,
              load,
              arrivals.size(),
              speed,
              policy));
      StepTime before = engine(policy).steps();
      List<ServedRequest> requests = new LoadGenerator(engine(policy), plan, now).serve(arrivals);
      double seconds = seconds(arrivals, requests);
      StepTime steps = engine(policy).steps().minus(before);
      log.append(new Block(load, block, policy, speed, seconds, steps, requests));
    }
  }

  /** Until the last token, but not less than arrivals took. */
  private double seconds(List<OpenLoopTraffic.Arrival> arrivals, List<ServedRequest> requests) {
    double last = plan.blockSeconds();
    for (int i = 0; i < requests.size(); i++) {
      last = Math.max(last, arrivals.get(i).seconds() + requests.get(i).e2eMillis() / 1e3);
    }
    return last;
  }

  @Override
  public void close() {
    engines.values().forEach(ServingEngine::close);
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }
}
