package io.adaspec.api.cli;

import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How tokens are chosen. */
final class SamplingOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee = CommandSpec.create();

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the most likely token always. Default: 0.")
  private float temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Sample from the K most likely tokens; 0 from all. Default: 0.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Sample from the most likely tokens that hold P together. Default: 1.")
  private float topP = 1;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Leave out tokens less likely than P times the most likely one. Default: 0.")
  private float minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description =
          "Logits of tokens in prompt and output: positive ones divided by R, others multiplied."
              + " Default: 1, none.")
  private float repetitionPenalty = 1;

  @Option(
      names = "--frequency-penalty",
      paramLabel = "F",
      description = "F off a token's logit for each time it is in the output. Default: 0.")
  private float frequencyPenalty;

  @Option(
      names = "--presence-penalty",
      paramLabel = "P",
      description = "P off a token's logit once it is in the output. Default: 0.")
  private float presencePenalty;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Same seed, same text, however much is speculated. Default: 0.")
  private long seed;

  SamplingOptions() {}

  /** The parameters; wrong ones are a usage error. */
  SamplingParams params() {
    try {
      return new SamplingParams(temperature, topK, topP, minP, seed)
          .with(new Penalties(repetitionPenalty, frequencyPenalty, presencePenalty, Map.of()));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(mixee.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
