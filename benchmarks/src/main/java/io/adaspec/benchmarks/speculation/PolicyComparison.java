package io.adaspec.benchmarks.speculation;

import io.adaspec.benchmarks.speculation.PolicyEngine.Run;
import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.profile.DeviceProfiler;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Speeds of policies on the real engine, without actors: interleaved blocks in alternating order,
 * ratios to the first policy paired by block, with bootstrap intervals.
 */
@Command(name = "policies", mixinStandardHelpOptions = true)
public final class PolicyComparison implements Runnable {
  @Option(names = "--model", required = true, description = "The target.")
  private Path model = Path.of("");

  @Option(names = "--draft", required = true, description = "The draft.")
  private Path draft = Path.of("");

  @Option(names = "--prompts", required = true, description = "A text file, a prompt per line.")
  private Path prompts = Path.of("");

  @Option(names = "--policies", split = ",", description = "The first is the baseline.")
  private List<String> policies = List.of("off", "fixed:3", "slo");

  @Option(names = "--batch", split = ",", description = "Numbers of sequences at once.")
  private List<Integer> batches = List.of(1, 4);

  @Option(names = "--blocks", description = "Blocks of each policy.")
  private int blocks = 10;

  @Option(
      names = "--warm-up",
      description = "Blocks before them that do not count; a small model takes seconds to compile.")
  private int warmUp = 1;

  @Option(names = "--output-tokens", description = "Of each sequence.")
  private int outputTokens = 128;

  @Option(names = "--temperature", description = "0 for greedy.")
  private float temperature;

  @Option(names = "--threads", description = "Worker threads.")
  private int threads = 2;

  private PolicyComparison() {}

  /** Entry point. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new PolicyComparison()).execute(args));
  }

  @Override
  public void run() {
    try (LoadedModel target = ModelFiles.open(model);
        LoadedModel proposer = ModelFiles.open(draft)) {
      List<TokenIds> texts = new ArrayList<>();
      for (String line : Files.readAllLines(prompts)) {
        texts.add(TokenIds.of(target.tokenizer().encode(line, true, false)));
      }
      compare(target, proposer, texts);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read models or prompts: " + e.getMessage(), e);
    }
  }

  private void compare(LoadedModel target, LoadedModel proposer, List<TokenIds> texts) {
    List<PolicyEngine> engines = new ArrayList<>();
    try {
      CostModel cost = profile(target, proposer);
      for (String policy : policies) {
        engines.add(
            new PolicyEngine(
                open(target, proposer),
                new PolicySnapshot(
                    0, policy, DrafterKind.MODEL, Strategies.DEFAULT_DRAFT_CAP, Verifier.COUPLED),
                cost));
      }
      for (int batch : batches) {
        compare(engines, texts, batch);
      }
    } finally {
      engines.forEach(PolicyEngine::close);
    }
  }

  private CostModel profile(LoadedModel target, LoadedModel proposer) {
    try (Device device = open(target, proposer)) {
      return new DeviceProfiler(device, Duration.ofSeconds(4)).measure();
    }
  }

  private Device open(LoadedModel target, LoadedModel proposer) {
    return Devices.discover()
        .open(
            new DeviceSpec(
                "cpu",
                Optional.of(target.forDevice()),
                Optional.of(proposer.forDevice()),
                threads,
                256L << 20,
                16,
                512));
  }

  private void compare(List<PolicyEngine> engines, List<TokenIds> texts, int batch) {
    Run[][] runs = new Run[engines.size()][blocks];
    for (int block = -warmUp; block < blocks; block++) {
      for (int n = 0; n < engines.size(); n++) {
        int which = block % 2 == 0 ? n : engines.size() - 1 - n;
        Run run =
            engines
                .get(which)
                .run(promptsOf(texts, batch, warmUp + block), outputTokens, temperature, block);
        if (block >= 0) {
          runs[which][block] = run;
        }
      }
    }
    double[] baseline = speeds(runs[0]);
    for (int n = 0; n < runs.length; n++) {
      print(policies.get(n), batch, runs[n], Interval.ofRatios(speeds(runs[n]), baseline));
    }
  }

  private static List<TokenIds> promptsOf(List<TokenIds> texts, int batch, int block) {
    List<TokenIds> chosen = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      chosen.add(texts.get((block * batch + i) % texts.size()));
    }
    return chosen;
  }

  private static double[] speeds(Run[] runs) {
    double[] speeds = new double[runs.length];
    for (int i = 0; i < runs.length; i++) {
      speeds[i] = runs[i].tokensPerSecond();
    }
    return speeds;
  }

  private static void print(String policy, int batch, Run[] runs, Interval ratio) {
    long tokens = 0;
    long steps = 0;
    long drafted = 0;
    long accepted = 0;
    double nanos = 0;
    for (Run run : runs) {
      tokens += run.tokens();
      steps += run.steps();
      drafted += run.drafted();
      accepted += run.accepted();
      nanos += run.nanos();
    }
    System.out.printf(
        Locale.ROOT,
        "batch %2d  %-16s %8.1f tokens/s  %5.2f tokens/step and sequence"
            + "  accepted %5d of %5d  ratio %.3f [%.3f, %.3f]%n",
        batch,
        policy,
        tokens * 1e9 / nanos,
        (double) tokens / steps / batch,
        accepted,
        drafted,
        ratio.value(),
        ratio.low(),
        ratio.high());
  }
}
