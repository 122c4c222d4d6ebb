package io.adaspec.api.cli;

import io.adaspec.actors.Engine;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.text.ChatTemplate;
import io.adaspec.runtime.text.Tokenizer;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code adaspec generate}: the answer to one prompt. */
@Command(
    name = "generate",
    description = {
      "Continue a text. Prints the new text as it comes; with --json, one object at the end.",
      "In that object ttft_ms is the time from the request, not from the start of the program, to"
          + " the first token, tpot_ms the mean time of each further one, tokens_per_second all"
          + " tokens over the whole time."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class GenerateCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final EngineOptions options = new EngineOptions();
  @Mixin private final SamplingOptions sampling = new SamplingOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "The text.")
  private String prompt = "";

  @Option(
      names = "--chat",
      description = "Put the prompt to a chat model as a user's message, in the model's own form.")
  private boolean chat;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Most new tokens; the model's context limits them as well. Default: 128.")
  private int maxTokens = 128;

  @Option(
      names = "--ignore-eos",
      description = "Go on where the model would end, up to --max-tokens.")
  private boolean ignoreEos;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; may be given several times.")
  private List<String> stopStrings = List.of();

  GenerateCommand() {}

  @Override
  public void run() {
    LogLevel.WARN.apply();
    SamplingParams params = sampling.params();
    if (maxTokens < 1) {
      throw new ParameterException(
          spec.commandLine(), "--max-tokens must be at least 1, is " + maxTokens);
    }
    EngineConfig config = options.config();
    ModelPair models = options.openModels(output);
    int[] tokens = tokens(models);
    try (RunningEngine running = options.start(config, models, List.of())) {
      try (Progress _ = output.progress("loading " + models.name())) {
        running.awaitReady();
      }
      GeneratedText generated = generate(running, request(running.engine(), tokens, params));
      if (output.json()) {
        output.printJson(generated.json());
      } else {
        output.out().println();
        output.remark(generated.remark());
      }
    }
  }

  private int[] tokens(ModelPair models) {
    Tokenizer tokenizer = models.target().tokenizer();
    try {
      int[] tokens =
          chat
              ? tokenizer.encode(conversation(models), false, true)
              : tokenizer.encode(prompt, true, true);
      if (tokens.length == 0) {
        throw new ParameterException(spec.commandLine(), "--prompt has no tokens");
      }
      return tokens;
    } catch (RuntimeException e) {
      models.close();
      throw e;
    }
  }

  private String conversation(ModelPair models) {
    ChatTemplate template =
        models
            .target()
            .chatTemplate()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        "--chat: " + models.name() + " has no chat template; leave --chat out"));
    return template.render(List.of(Map.of("role", "user", "content", prompt)), true, Map.of());
  }

  private InferenceRequest request(Engine engine, int[] tokens, SamplingParams params) {
    int room = Math.max(1, engine.model().contextTokens() - tokens.length);
    int[] stopTokens =
        ignoreEos
            ? new int[0]
            : engine.model().tokenizer().eosIds().stream().mapToInt(Integer::intValue).toArray();
    return InferenceRequest.builder(
            "generate", TokenIds.of(tokens), Math.min(maxTokens, room), engine.clock().nanoTime())
        .stopTokens(TokenIds.of(stopTokens))
        .stopStrings(stopStrings)
        .sampling(params)
        .build();
  }

  private GeneratedText generate(RunningEngine running, InferenceRequest request) {
    GeneratedText generated = new GeneratedText();
    try (Progress progress = output.json() ? output.progress("generating") : Progress.none()) {
      progress.update(() -> "generating, " + generated.tokens() + " tokens");
      RunningEngine.await(
          running
              .engine()
              .generate(request)
              .runForeach(event -> accept(event, generated), running.system()));
    }
    return generated;
  }

  private void accept(TokenEvent event, GeneratedText generated) {
    generated.add(event);
    if (!output.json() && event instanceof TokenEvent.Tokens tokens) {
      output.out().print(tokens.text());
      output.out().flush();
    }
  }
}
