package io.adaspec.benchmarks.serving;

import io.adaspec.actors.EngineModel;
import io.adaspec.benchmarks.pair.PairOptions;
import io.adaspec.benchmarks.pair.ValidationPrompts;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.profile.DeviceProfiler;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.time.CalendarClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code serving}: policies on the real engine under open-loop load. */
@Command(
    name = "serving",
    mixinStandardHelpOptions = true,
    description = {
      "Serve the same Poisson traffic under several policies and compare them.",
      "A measurement that was interrupted goes on where it was."
    })
public final class ServingCommand implements Callable<Integer> {
  private static final int PROMPTS = 2000;
  private static final Duration PROFILE = Duration.ofSeconds(8);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private final PairOptions pair = new PairOptions();

  @Option(
      names = "--name",
      required = true,
      description = "Of the results: serving-NAME.csv, .md and .svg.")
  private String name = "";

  @Option(
      names = "--policies",
      split = ",",
      defaultValue = "off,fixed:3,adaspec,slo",
      description = "The first is the baseline. Default: ${DEFAULT-VALUE}.")
  private List<String> policies = List.of();

  @Option(
      names = "--loads",
      split = ",",
      defaultValue = "0.2,0.6,1.0,1.5",
      description = "Shares of what plain decoding can just serve. Default: ${DEFAULT-VALUE}.")
  private List<Double> loads = List.of();

  @Option(names = "--blocks", defaultValue = "10", description = "Default: ${DEFAULT-VALUE}.")
  private int blocks;

  @Option(
      names = "--block-seconds",
      defaultValue = "5",
      description = "Of arrivals in a block. Default: ${DEFAULT-VALUE}.")
  private double blockSeconds;

  @Option(
      names = "--baseline-seconds",
      defaultValue = "16",
      description = "For the capacity; half of it for each warm-up. Default: ${DEFAULT-VALUE}.")
  private double baselineSeconds;

  @Option(
      names = "--prompt-tokens",
      defaultValue = "48",
      description = "Default: ${DEFAULT-VALUE}.")
  private int promptTokens;

  @Option(
      names = "--output-tokens",
      defaultValue = "64",
      description = "Default: ${DEFAULT-VALUE}.")
  private int outputTokens;

  @Option(names = "--temperature", defaultValue = "0", description = "0 for greedy, the default.")
  private float temperature;

  @Option(
      names = "--classes",
      defaultValue = "interactive=0.5:10:2,standard=0.5:20:5",
      description = {
        "CLASS=SHARE:TTFT:TPOT,...: shares of the requests, and targets as multiples of what a",
        "request alone gets from plain decoding. Default: ${DEFAULT-VALUE}."
      })
  private String classes = "";

  @Option(
      names = "--text",
      description = "Documents to take prompts from; random tokens without it.")
  private Optional<Path> prompts = Optional.empty();

  @Option(names = "--threads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "benchmarks/results",
      description = "Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("");

  public ServingCommand() {}

  @Override
  public Integer call() throws IOException {
    try (LoadedModel target = pair.openTarget();
        LoadedModel proposer = pair.openDraft()) {
      measure(plan(), target, proposer);
    }
    return 0;
  }

  private ServingPlan plan() {
    try {
      return new ServingPlan(
          policies,
          loads,
          blocks,
          blockSeconds,
          promptTokens,
          outputTokens,
          temperature,
          TargetRule.parse(classes),
          seed);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void measure(ServingPlan plan, LoadedModel target, LoadedModel proposer)
      throws IOException {
    PrintWriter progress = spec.commandLine().getErr();
    Path file = out.resolve("serving-" + name + ".csv");
    ServingLog log = ServingLog.open(file, plan.identity(pair.fileNames()), plan.classes());
    Supplier<Device> opener = opener(target, proposer);
    say(progress, "profiling");
    CostModel cost = profile(opener);
    EngineModel served =
        new EngineModel("model", target.tokenizer(), target.config().contextTokens());
    try (ServingBenchmark benchmark =
        new ServingBenchmark(
            plan, served, opener, cost, source(target), line -> say(progress, line))) {
      Baseline baseline = benchmark.prepare(log, baselineSeconds);
      benchmark.run(log, baseline);
      new ServingReport(plan, baseline, log.blocks()).write(out, "serving-" + name, heading());
    }
    say(progress, "written: " + out.resolve("serving-" + name + ".md"));
  }

  private static void say(PrintWriter progress, String line) {
    progress.println(line);
    progress.flush();
  }

  private OpenLoopTraffic.PromptSource source(LoadedModel target) throws IOException {
    if (prompts.isEmpty()) {
      return OpenLoopTraffic.PromptSource.random(target.tokenizer().vocabularySize(), seed);
    }
    return OpenLoopTraffic.PromptSource.of(
        ValidationPrompts.of(prompts.get(), target.tokenizer(), PROMPTS, promptTokens));
  }

  private static CostModel profile(Supplier<Device> opener) {
    try (Device device = opener.get()) {
      return new DeviceProfiler(device, PROFILE).measure();
    }
  }

  private Supplier<Device> opener(LoadedModel target, LoadedModel proposer) {
    DeviceSpec device =
        new DeviceSpec(
            "cpu",
            Optional.of(target.forDevice()),
            Optional.of(proposer.forDevice()),
            threads,
            256L << 20,
            16,
            512);
    return () -> Devices.discover().open(device);
  }

  private String heading() {
    return String.join(
        "\n",
        "# Serving " + pair.fileNames() + " under open-loop load",
        "",
        CalendarClock.system().now().toLocalDate()
            + ", "
            + Machine.description()
            + ", "
            + threads
            + " worker threads, the engine and its clients in one process:",
        "",
        "    benchmarks/run "
            + String.join(" ", spec.commandLine().getParseResult().originalArgs()));
  }
}
