package io.adaspec.benchmarks.probe;

import io.adaspec.benchmarks.probe.MachineProbe.Rates;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code probe}: prints the machine's rates. */
@Command(
    name = "probe",
    mixinStandardHelpOptions = true,
    description = "Measure memory read and multiply-add rates of this machine.")
public final class ProbeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--threads",
      split = ",",
      defaultValue = "1,2",
      description = "Thread counts. Default: ${DEFAULT-VALUE}.")
  private List<Integer> threads = List.of();

  public ProbeCommand() {}

  @Override
  public Integer call() {
    for (int count : threads) {
      Rates rates = MachineProbe.measure(count);
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%d threads: memory read %.1f GB/s, FP32 FMA %.0f GFLOP/s%n",
              count,
              rates.readGigabytesPerSecond(),
              rates.gigaflops());
    }
    spec.commandLine().getOut().flush();
    return 0;
  }
}
