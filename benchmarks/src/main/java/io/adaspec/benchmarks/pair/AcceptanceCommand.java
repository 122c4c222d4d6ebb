package io.adaspec.benchmarks.pair;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.request.TokenIds;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code acceptance}: how many draft tokens a pair's target keeps. */
@Command(
    name = "acceptance",
    mixinStandardHelpOptions = true,
    description = "Measure acceptance of a pair of models on prompts from a text.")
public final class AcceptanceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--text", required = true, description = "Documents to take prompts from.")
  private Path text = Path.of("");

  @Mixin private final PairOptions pair = new PairOptions();

  @Option(names = "--prompts", defaultValue = "50", description = "Default: ${DEFAULT-VALUE}.")
  private int prompts;

  @Option(
      names = "--prompt-tokens",
      defaultValue = "64",
      description = "Tokens of a prompt. Default: ${DEFAULT-VALUE}.")
  private int promptTokens;

  @Option(
      names = "--output-tokens",
      defaultValue = "128",
      description = "Most tokens after a prompt. Default: ${DEFAULT-VALUE}.")
  private int outputTokens;

  @Option(
      names = "--draft-tokens",
      split = ",",
      defaultValue = "2,4,8",
      description = "Draft lengths. Default: ${DEFAULT-VALUE}.")
  private List<Integer> draftTokens = List.of();

  @Option(
      names = "--temperature",
      split = ",",
      defaultValue = "0,0.8",
      description = "Temperatures; 0 is greedy. Default: ${DEFAULT-VALUE}.")
  private List<Float> temperatures = List.of();

  public AcceptanceCommand() {}

  @Override
  public Integer call() throws IOException {
    try (LoadedModel target = pair.openTarget();
        LoadedModel proposer = pair.openDraft()) {
      DeviceSpec device =
          new DeviceSpec(
              "cpu",
              Optional.of(target.forDevice()),
              Optional.of(proposer.forDevice()),
              0,
              0,
              16,
              512);
      List<TokenIds> taken = ValidationPrompts.of(text, target.tokenizer(), prompts, promptTokens);
      int[] ends = target.tokenizer().eosIds().stream().mapToInt(Integer::intValue).toArray();
      for (float temperature : temperatures) {
        for (int k : draftTokens) {
          try (Device opened = new CpuDeviceProvider().open(device)) {
            print(
                temperature,
                k,
                PairRun.of(opened, taken, outputTokens, k, temperature, TokenIds.of(ends)));
          }
        }
      }
    }
    return 0;
  }

  private void print(float temperature, int k, PairRun.Counts counts) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "temperature %.1f, k = %d: %d of %d draft tokens accepted (%.3f), %.2f tokens per verify%n",
        temperature,
        k,
        counts.accepted(),
        counts.drafted(),
        counts.rate(),
        counts.length());
    out.flush();
  }
}
