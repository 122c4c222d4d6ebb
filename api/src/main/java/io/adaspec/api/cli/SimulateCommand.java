package io.adaspec.api.cli;

import io.adaspec.runtime.simulation.Outcome;
import io.adaspec.runtime.simulation.Scenario;
import io.adaspec.runtime.simulation.ScenarioFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code adaspec simulate}: what policies make of the same traffic, in virtual time. */
@Command(
    name = "simulate",
    description = {
      "Compare policies under simulated load: the engine's own scheduler and strategies",
      "on a simulated device, an hour of traffic in seconds."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class SimulateCommand implements Runnable {
  private static final Path TRACES = Path.of("..", "shared", "assets", "traces");

  @Option(
      names = "--scenario",
      paramLabel = "FILE",
      required = true,
      description = "What happens: a JSON file, see config/scenarios.")
  private Path scenario = Path.of("");

  @Option(
      names = "--policy",
      paramLabel = "P",
      split = ",",
      description = "Policies to compare, separated by commas. Default: ${DEFAULT-VALUE}.",
      defaultValue = "off,fixed:3,smartspec,adaspec,slo")
  private List<String> policies = new ArrayList<>();

  @Option(
      names = "--traces",
      paramLabel = "DIR",
      description = {
        "Folder of recorded arrival traces (conv.csv, mooncake.csv, code.csv).",
        "Where one is missing, a trace of the same statistics is generated."
      })
  private Optional<Path> traces = Optional.empty();

  @Mixin private final OutputOptions output = new OutputOptions();

  SimulateCommand() {}

  @Override
  public void run() {
    Scenario loaded = load();
    List<Outcome> outcomes = new ArrayList<>();
    try (Progress progress = output.progress("simulating " + loaded.name())) {
      for (String policy : policies) {
        progress.update(() -> "simulating " + loaded.name() + " under " + policy);
        outcomes.add(loaded.run(policy));
      }
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
    if (output.json()) {
      output.printJson(SimulationReport.json(loaded, outcomes));
    } else {
      SimulationReport.print(loaded, outcomes, output.out());
    }
  }

  private Scenario load() {
    Path file = ModelOptions.existing(scenario, "--scenario");
    traces.ifPresent(folder -> ModelOptions.existing(folder, "--traces"));
    try {
      return ScenarioFile.read(file, traces.or(SimulateCommand::presentTraces));
    } catch (IOException e) {
      throw CommandFailure.unreadable(file, e);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private static Optional<Path> presentTraces() {
    return Optional.of(TRACES).filter(Files::isDirectory);
  }
}
