package io.adaspec.benchmarks.pair;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code record-acceptance}: what a real draft model says and what its target makes of it, for
 * simulated devices to play back.
 */
@Command(
    name = "record-acceptance",
    mixinStandardHelpOptions = true,
    description = {
      "Record confidence and acceptance of a pair's draft tokens, position by position,",
      "for the key recorded=FILE of simulated devices."
    })
public final class RecordCommand implements Callable<Integer> {
  /** Reads confidences and never stops; long chains leave out few positions behind the last. */
  private static final PolicySnapshot ALWAYS =
      new PolicySnapshot(1, "threshold:0", DrafterKind.MODEL, 8, Verifier.COUPLED);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--text", required = true, description = "Documents to take prompts from.")
  private Path text = Path.of("");

  @Mixin private final PairOptions pair = new PairOptions();

  @Option(names = "--out", required = true, description = "The file to write.")
  private Path out = Path.of("");

  @Option(names = "--prompts", defaultValue = "60", description = "Default: ${DEFAULT-VALUE}.")
  private int prompts;

  @Option(
      names = "--prompt-tokens",
      defaultValue = "64",
      description = "Default: ${DEFAULT-VALUE}.")
  private int promptTokens;

  @Option(
      names = "--output-tokens",
      defaultValue = "160",
      description = "After every prompt. Default: ${DEFAULT-VALUE}.")
  private int outputTokens;

  @Option(
      names = "--temperature",
      defaultValue = "0.8",
      description = "0 for greedy. Default: ${DEFAULT-VALUE}.")
  private float temperature;

  public RecordCommand() {}

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
      try (Device opened = new CpuDeviceProvider().open(device)) {
        AcceptanceRecording recording = new AcceptanceRecording();
        PairRun.Counts counts =
            PairRun.of(
                opened, taken, outputTokens, ALWAYS, temperature, TokenIds.empty(), recording::add);
        Files.writeString(out, recording.lines());
        spec.commandLine()
            .getOut()
            .printf(
                "%d requests, %d judged draft tokens, %.3f of them accepted (%d of %d drafted): %s%n",
                recording.requests(),
                recording.judged(),
                (double) counts.accepted() / recording.judged(),
                counts.accepted(),
                counts.drafted(),
                out);
      }
    }
    return 0;
  }
}
