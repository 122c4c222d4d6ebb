package io.adaspec.benchmarks;

import io.adaspec.benchmarks.engine.ActorPathCommand;
import io.adaspec.benchmarks.engine.SoakCommand;
import io.adaspec.benchmarks.http.HttpSpeculationCommand;
import io.adaspec.benchmarks.models.GenerateModelCommand;
import io.adaspec.benchmarks.pair.AcceptanceCommand;
import io.adaspec.benchmarks.pair.PeerTextCommand;
import io.adaspec.benchmarks.pair.RecordCommand;
import io.adaspec.benchmarks.paper.PaperCommand;
import io.adaspec.benchmarks.probe.ProbeCommand;
import io.adaspec.benchmarks.serving.ServingCommand;
import io.adaspec.benchmarks.speed.SpeedCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code benchmarks/run} starts. */
@Command(
    name = "benchmarks/run",
    description = "Generate models and measure AdaSpec on this machine.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      GenerateModelCommand.class,
      ProbeCommand.class,
      SpeedCommand.class,
      AcceptanceCommand.class,
      RecordCommand.class,
      PeerTextCommand.class,
      ActorPathCommand.class,
      HttpSpeculationCommand.class,
      SoakCommand.class,
      PaperCommand.class,
      ServingCommand.class
    })
public final class Benchmarks implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Benchmarks() {}

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Benchmarks()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say which command to run");
  }
}
