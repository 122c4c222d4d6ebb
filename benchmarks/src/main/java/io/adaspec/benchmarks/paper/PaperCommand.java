package io.adaspec.benchmarks.paper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/run paper}: the experiment of the AdaSpec paper in simulation. */
@Command(
    name = "paper",
    description = "Repeat the AdaSpec paper's experiment in simulation and check what should hold.",
    mixinStandardHelpOptions = true)
public final class PaperCommand implements Runnable {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where tables and plots go. Default: ${DEFAULT-VALUE}.",
      defaultValue = "benchmarks/results")
  private Path out = Path.of("");

  @Option(
      names = "--traces",
      paramLabel = "DIR",
      description = "Recorded arrival traces; generated ones where missing. ${DEFAULT-VALUE}.",
      defaultValue = "../shared/assets/traces")
  private Path traces = Path.of("");

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = {
        "Keep finished cells there and do not run those again that it has. They are those of one",
        "version of the runtime: begin with an empty folder after a change."
      })
  private Optional<Path> finished = Optional.empty();

  PaperCommand() {}

  @Override
  public void run() {
    try {
      PaperReplication.run(out, Optional.of(traces).filter(Files::isDirectory), finished);
    } catch (IOException e) {
      throw new IllegalStateException("cannot write to " + out + " or read " + traces, e);
    }
  }
}
