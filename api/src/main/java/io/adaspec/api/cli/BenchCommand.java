package io.adaspec.api.cli;

import io.adaspec.actors.EngineStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code adaspec bench}: how fast the engine is at different numbers of requests. */
@Command(
    name = "bench",
    description = {
      "Measure prefill and decode speed of the whole engine, actors included.",
      "For each number of requests one round warms up and the others count. Every prompt is"
          + " different, so that nothing comes from the prefix cache; the end of a text is ignored."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final EngineOptions options = new EngineOptions();
  @Mixin private final SamplingOptions sampling = new SamplingOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "Length of every prompt. Default: 128.")
  private int promptTokens = 128;

  @Option(
      names = "--output-tokens",
      paramLabel = "N",
      description = "Output tokens of every request. Default: 64.")
  private int outputTokens = 64;

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      description = "Numbers of requests side by side. Default: 1,2,4,8.")
  private List<Integer> batches = List.of(1, 2, 4, 8);

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      description = "Rounds that count, for each number of requests. Default: 5.")
  private int repetitions = 5;

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description =
          "Cut the prompts from this text. Default: random tokens, after which drafts are accepted"
              + " less often than in real text.")
  private Optional<Path> promptFile = Optional.empty();

  BenchCommand() {}

  @Override
  public void run() {
    LogLevel.WARN.apply();
    requireSensible();
    EngineConfig config = options.config();
    ModelPair models = options.openModels(output);
    StepLog log = new StepLog();
    try (RunningEngine running = options.start(config, models, List.of(log))) {
      try (Progress _ = output.progress("loading " + models.name())) {
        running.awaitReady();
      }
      requireRoom(running, config);
      measure(running, log);
    }
  }

  private void measure(RunningEngine running, StepLog log) {
    BenchPrompts prompts =
        BenchPrompts.of(
            running.models().target().tokenizer(),
            promptTokens,
            promptFile.map(path -> ModelOptions.existing(path, "--prompt-file")));
    BenchLoad load = new BenchLoad(running, log, prompts, outputTokens, sampling.params());
    EngineStatus status = RunningEngine.await(running.engine().status());
    if (!output.json()) {
      output.out().println(description(running, status));
      output.out().println(BenchReport.HEADER);
    }
    List<Map<String, Object>> results = new ArrayList<>();
    for (int batch : batches) {
      BenchReport report = report(load, batch);
      results.add(report.json());
      if (!output.json()) {
        output.out().println(report.line());
      }
    }
    if (output.json()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("model", running.models().name());
      object.put("devices", status.devices().stream().map(each -> each.description()).toList());
      object.put("policy", status.policy().strategy());
      object.put("prompt_tokens", promptTokens);
      object.put("output_tokens", outputTokens);
      object.put("repetitions", repetitions);
      object.put("results", results);
      output.printJson(object);
    }
  }

  private BenchReport report(BenchLoad load, int batch) {
    List<BenchRound> rounds = new ArrayList<>();
    String what = "batch " + batch + ": round ";
    try (Progress progress = output.progress(what + "to warm up")) {
      load.round(batch);
      for (int i = 1; i <= repetitions; i++) {
        String state = what + i + " of " + repetitions;
        progress.update(() -> state);
        rounds.add(load.round(batch));
      }
    }
    return new BenchReport(batch, rounds);
  }

  private String description(RunningEngine running, EngineStatus status) {
    return running.models().name()
        + " on "
        + String.join(
            "; ",
            status.devices().stream().map(each -> each.name() + ": " + each.description()).toList())
        + "; policy "
        + status.policy().strategy()
        + "; "
        + promptTokens
        + " prompt and "
        + outputTokens
        + " output tokens, "
        + repetitions
        + " rounds, median (least to most)";
  }

  private void requireSensible() {
    if (promptTokens < 1 || outputTokens < 2 || repetitions < 1) {
      throw usage(
          "--prompt-tokens, --output-tokens and --repetitions must be at least 1, 2 and 1, not "
              + promptTokens
              + ", "
              + outputTokens
              + " and "
              + repetitions);
    }
    if (batches.isEmpty() || batches.stream().anyMatch(batch -> batch < 1)) {
      throw usage("--batch takes positive numbers, not " + batches);
    }
  }

  private void requireRoom(RunningEngine running, EngineConfig config) {
    int context = running.engine().model().contextTokens();
    if ((long) promptTokens + outputTokens > context) {
      throw usage(
          promptTokens
              + " prompt and "
              + outputTokens
              + " output tokens exceed the context of "
              + context
              + " tokens; lower --prompt-tokens or --output-tokens");
    }
    int most = config.settings().limits().maxSequences();
    batches.stream()
        .filter(batch -> batch > most)
        .findFirst()
        .ifPresent(
            batch -> {
              throw usage(
                  "--batch "
                      + batch
                      + " exceeds adaspec.scheduler.max-sequences "
                      + most
                      + "; raise that in a --config file");
            });
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
