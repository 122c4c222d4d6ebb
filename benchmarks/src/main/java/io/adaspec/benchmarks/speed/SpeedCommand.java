package io.adaspec.benchmarks.speed;

import io.adaspec.benchmarks.probe.MachineProbe;
import io.adaspec.benchmarks.probe.MachineProbe.Rates;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code speed}: prefill, decode and verify rates of the CPU device; beside java-llama.cpp when
 * asked, each measurement of the one next to the same of the other.
 */
@Command(
    name = "speed",
    mixinStandardHelpOptions = true,
    description = "Measure the CPU device, and java-llama.cpp on the same file in the same run.")
public final class SpeedCommand implements Callable<Integer> {
  private static final List<Integer> ALONE = List.of(1, 2, 4, 8, 16, 32);
  private static final List<Integer> BESIDE_PEER = List.of(1, 4, 8);
  private static final int ROUNDS_ALONE = 5;
  private static final int ROUNDS_BESIDE_PEER = 3;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, description = "GGUF file.")
  private Path model = Path.of(".");

  @Option(names = "--threads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--sequences",
      split = ",",
      description = "Sequences that decode together. Default: 1,2,4,8,16,32; with --peer 1,4,8.")
  private List<Integer> sequences = List.of();

  @Option(
      names = "--verify",
      split = ",",
      defaultValue = "2,4,8",
      description = "Rows of one sequence in one pass. Default: ${DEFAULT-VALUE}.")
  private List<Integer> verifyRows = List.of();

  @Option(names = "--prompt-tokens", defaultValue = "128", description = "For prefill.")
  private int promptTokens;

  @Option(names = "--context-tokens", defaultValue = "128", description = "For decoding.")
  private int contextTokens;

  @Option(names = "--output-tokens", defaultValue = "32", description = "Per measurement.")
  private int outputTokens;

  @Option(names = "--rounds", description = "Default: 5; with --peer 3.")
  private int rounds;

  @Option(
      names = "--peer",
      description = "Measure java-llama.cpp too; by default fewer sequences and rounds.")
  private boolean peer;

  public SpeedCommand() {}

  @Override
  public Integer call() throws IOException {
    if (sequences.isEmpty()) {
      sequences = peer ? BESIDE_PEER : ALONE;
    }
    if (rounds == 0) {
      rounds = peer ? ROUNDS_BESIDE_PEER : ROUNDS_ALONE;
    }
    SpeedSettings settings =
        new SpeedSettings(threads, promptTokens, contextTokens, outputTokens, sequences);
    PrintWriter out = spec.commandLine().getOut();
    Rates machine = MachineProbe.measure(threads);
    out.printf(
        Locale.ROOT,
        "%s, %d threads; memory read %.1f GB/s, FP32 FMA %.0f GFLOP/s%n",
        model.getFileName(),
        threads,
        machine.readGigabytesPerSecond(),
        machine.gigaflops());
    long start = System.nanoTime();
    try (LoadedModel loaded = ModelFiles.open(model);
        CpuSubject own = new CpuSubject(loaded, settings)) {
      out.printf(Locale.ROOT, "opened in %.2f s%n", (System.nanoTime() - start) / 1e9);
      List<Series> series = new ArrayList<>();
      if (peer) {
        try (LlamaSubject llama = new LlamaSubject(model, loaded.tokenizer(), settings)) {
          measure(series, own, Optional.of(llama), machine);
        }
      } else {
        measure(series, own, Optional.empty(), machine);
      }
      print(out, series);
    }
    return 0;
  }

  private void measure(
      List<Series> all, CpuSubject own, Optional<? extends Subject> other, Rates machine) {
    Optional<Reference> reference = Reference.of(String.valueOf(model.getFileName()));
    Series prefill =
        new Series(
            "prefill " + promptTokens,
            reference
                .map(r -> OptionalDouble.of(r.scaledPrefill(machine)))
                .orElse(OptionalDouble.empty()));
    List<Series> decodes =
        sequences.stream()
            .map(
                n ->
                    new Series(
                        "decode " + n,
                        reference
                            .map(r -> r.scaledDecode(n, machine))
                            .orElse(OptionalDouble.empty())))
            .toList();
    List<Series> verifies =
        verifyRows.stream()
            .map(rows -> new Series("passes of " + rows + " rows", OptionalDouble.empty()))
            .toList();
    for (int round = -1; round < rounds; round++) {
      boolean warm = round >= 0;
      double ownPrefill = promptTokens / own.prefillSeconds(promptTokens);
      double otherPrefill =
          other.map(o -> promptTokens / o.prefillSeconds(promptTokens)).orElse(Double.NaN);
      record(prefill, warm, ownPrefill, other.isPresent(), otherPrefill);
      for (int i = 0; i < decodes.size(); i++) {
        int n = sequences.get(i);
        double rate = own.decodeRate(n);
        double otherRate = other.map(o -> o.decodeRate(n)).orElse(Double.NaN);
        record(decodes.get(i), warm, rate, other.isPresent(), otherRate);
      }
      for (int i = 0; i < verifies.size(); i++) {
        record(verifies.get(i), warm, own.verifyRate(verifyRows.get(i)), false, Double.NaN);
      }
    }
    all.add(prefill);
    all.addAll(decodes);
    all.addAll(verifies);
  }

  private static void record(
      Series series, boolean warm, double own, boolean hasPeer, double peerRate) {
    if (warm) {
      series.addOwn(own);
      if (hasPeer) {
        series.addPeer(peerRate);
      }
    }
  }

  private static void print(PrintWriter out, List<Series> all) {
    out.printf(
        "%-18s %9s %17s | %9s %6s | %9s %6s%n",
        "per second", "median", "least .. most", "llama.j", "ratio", "reference", "ratio");
    for (Series series : all) {
      OptionalDouble reference = series.reference();
      out.printf(
          Locale.ROOT,
          "%-18s %9.1f %8.1f %8.1f | %9s %6s | %9s %6s%n",
          series.what(),
          series.median(),
          series.least(),
          series.most(),
          number(series.peerMedian(), "%.1f"),
          number(series.pairedRatio(), "%.2f"),
          number(reference, "%.1f"),
          number(
              reference.isPresent()
                  ? OptionalDouble.of(series.median() / reference.getAsDouble())
                  : OptionalDouble.empty(),
              "%.2f"));
    }
    out.flush();
  }

  private static String number(OptionalDouble value, String format) {
    return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "-";
  }
}
