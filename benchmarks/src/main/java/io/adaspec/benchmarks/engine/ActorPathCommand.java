package io.adaspec.benchmarks.engine;

import io.adaspec.actors.EngineModel;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.time.NanoClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code actor-path}: what actors and streams add to a step. Rounds of the bare engine and of the
 * full path alternate over the same requests, and the ratio is taken pair by pair.
 */
@Command(
    name = "actor-path",
    mixinStandardHelpOptions = true,
    description = "Measure what the actors add to a step: engine alone against full path.")
public final class ActorPathCommand implements Callable<Integer> {
  private static final long KV_BYTES = 512L << 20;
  private static final int BLOCK_TOKENS = 16;
  private static final int MOST_ROWS = 512;
  private static final int WARM_ROUNDS = 2;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, description = "GGUF file.")
  private Path model = Path.of(".");

  @Option(names = "--threads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--sequences",
      split = ",",
      defaultValue = "1,8",
      description = "Decode together.")
  private List<Integer> sequences = List.of();

  @Option(names = "--output-tokens", defaultValue = "96", description = "Of each sequence.")
  private int outputTokens;

  @Option(names = "--rounds", defaultValue = "9", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  public ActorPathCommand() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%s, %d threads, medians of %d pairs%n"
            + "sequences  bare ms/step  full ms/step  added us/step  added %%  (min..max)%n",
        model.getFileName(),
        threads,
        rounds);
    try (LoadedModel loaded = ModelFiles.open(model);
        BareEngine bare =
            new BareEngine(loaded.tokenizer(), opener(loaded), FLAT, PolicySnapshot.plain());
        FullEngine full =
            new FullEngine(
                new EngineModel("benchmark", loaded.tokenizer(), loaded.config().contextTokens()),
                opener(loaded),
                FLAT,
                PolicySnapshot.plain())) {
      for (int count : sequences) {
        measure(out, loaded, bare, full, new Workload(count, 16, outputTokens));
      }
      if (bare.characters() != full.characters()) {
        throw new IllegalStateException(
            "the bare engine wrote "
                + bare.characters()
                + " characters and the full one "
                + full.characters());
      }
    }
    return 0;
  }

  /** Nothing here asks what a step costs. */
  private static final CostModel FLAT =
      new CostModel() {
        @Override
        public double targetPassNanos(int rows, long contextTokens) {
          return 1;
        }

        @Override
        public double draftPassNanos(int rows, long contextTokens) {
          return 1;
        }

        @Override
        public double overheadNanos(int sequences) {
          return 1;
        }
      };

  private Supplier<Device> opener(LoadedModel loaded) {
    DeviceSpec device =
        new DeviceSpec(
            "cpu",
            Optional.of(loaded.forDevice()),
            Optional.empty(),
            threads,
            KV_BYTES,
            BLOCK_TOKENS,
            MOST_ROWS);
    return () -> Devices.discover().open(device);
  }

  private void measure(
      PrintWriter out, LoadedModel loaded, BareEngine bare, FullEngine full, Workload workload) {
    double[] alone = new double[rounds];
    double[] whole = new double[rounds];
    double[] added = new double[rounds];
    NanoClock clock = NanoClock.system();
    for (int round = -WARM_ROUNDS; round < rounds; round++) {
      int number = workload.sequences() * 1_000 + WARM_ROUNDS + round;
      double a = bare.run(workload.requests(loaded.tokenizer(), number, clock.nanoTime()));
      double b = full.run(workload.requests(loaded.tokenizer(), number, clock.nanoTime()));
      if (round >= 0) {
        alone[round] = a;
        whole[round] = b;
        added[round] = b / a - 1;
      }
    }
    Arrays.sort(added);
    double typical = median(alone);
    out.printf(
        Locale.ROOT,
        "%9d  %12.3f  %12.3f  %13.1f  %7.2f  (%.2f..%.2f)%n",
        workload.sequences(),
        typical / 1e6,
        median(whole) / 1e6,
        added[rounds / 2] * typical / 1e3,
        100 * added[rounds / 2],
        100 * added[0],
        100 * added[rounds - 1]);
    out.flush();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
