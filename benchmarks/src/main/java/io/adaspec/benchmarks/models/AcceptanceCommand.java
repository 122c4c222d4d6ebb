package io.adaspec.benchmarks.models;

import io.adaspec.benchmarks.models.GreedyPair.Acceptance;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code acceptance}: how often a target accepts a draft's tokens. */
@Command(
    name = "acceptance",
    mixinStandardHelpOptions = true,
    description = "Count how many draft tokens a target accepts, decoding greedily.")
public final class AcceptanceCommand implements Callable<Integer> {
  private static final int PROMPT_TOKENS = 16;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, description = "The target.")
  private Path model = Path.of(".");

  @Option(names = "--draft", required = true, description = "The draft.")
  private Path draft = Path.of(".");

  @Option(names = "--draft-tokens", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
  private int draftTokens;

  @Option(
      names = "--output-tokens",
      defaultValue = "250",
      description = "For each of two random prompts. Default: ${DEFAULT-VALUE}.")
  private int outputTokens;

  public AcceptanceCommand() {}

  @Override
  public Integer call() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    int processors = Runtime.getRuntime().availableProcessors();
    try (ModelWeights target = ModelFiles.openWeights(model);
        ModelWeights proposer = ModelFiles.openWeights(draft);
        WorkerTeam team = new WorkerTeam(processors)) {
      GreedyPair pair = new GreedyPair(team);
      for (int i = 0; i < 2; i++) {
        int[] prompt =
            random
                .ints(PROMPT_TOKENS, WordVocabulary.FIRST_WORD, target.config().vocabularySize())
                .toArray();
        Acceptance result = pair.measure(target, proposer, prompt, outputTokens, draftTokens);
        spec.commandLine()
            .getOut()
            .printf(
                Locale.ROOT,
                "accepted %d of %d draft tokens: %.3f; %d different tokens in %d%n",
                result.accepted(),
                result.drafted(),
                result.rate(),
                result.distinct(),
                outputTokens);
      }
    }
    spec.commandLine().getOut().flush();
    return 0;
  }
}
