package io.adaspec.api.cli;

import io.adaspec.runtime.speculation.StepExplanation;
import io.adaspec.runtime.speculation.log.DecisionLogReader;
import io.adaspec.runtime.speculation.log.DecisionReplay;
import io.adaspec.runtime.speculation.log.LoggedStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code adaspec explain}: why each step of a decision log was decided as it was. */
@Command(
    name = "explain",
    description = {
      "Replay a decision log (serve --decision-log FILE) and say of every step what was known,"
          + " which draft lengths were compared, what was chosen, predicted and measured.",
      "With --json, one object with totals; the median error of the predictions is among them."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class ExplainCommand implements Runnable {
  @Mixin private final OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "LOG", description = "The file.")
  private Path log = Path.of("");

  @Option(names = "--step", paramLabel = "N", description = "Only the step of that number.")
  private OptionalLong onlyStep = OptionalLong.empty();

  @Option(
      names = "--sequence",
      paramLabel = "N",
      description = "Only steps that this sequence takes part in.")
  private OptionalLong onlySequence = OptionalLong.empty();

  ExplainCommand() {}

  @Override
  public void run() {
    ReplayTotals totals = new ReplayTotals();
    try (DecisionLogReader reader = new DecisionLogReader(ModelOptions.existing(log, "LOG"))) {
      DecisionReplay replay = new DecisionReplay();
      for (Optional<LoggedStep> next = reader.next(); next.isPresent(); next = reader.next()) {
        LoggedStep step = next.get();
        StepExplanation explanation = replay.next(step);
        totals.add(step, explanation);
        if (!output.json() && isWanted(step)) {
          output.out().print(ExplainText.of(step, explanation));
        }
      }
    } catch (IOException e) {
      throw new CommandFailure("cannot read " + log + ": " + e.getMessage(), e);
    }
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("log", log.toString());
    summary.putAll(totals.summary());
    if (output.json()) {
      output.printJson(summary);
    } else {
      output.out().print(totals.text());
    }
  }

  private boolean isWanted(LoggedStep step) {
    boolean right = onlyStep.isEmpty() || onlyStep.getAsLong() == step.report().planId();
    return right
        && (onlySequence.isEmpty()
            || step.decision().batch().entries().stream()
                .anyMatch(entry -> entry.sequence() == onlySequence.getAsLong()));
  }
}
