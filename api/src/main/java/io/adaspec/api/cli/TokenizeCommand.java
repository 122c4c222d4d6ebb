package io.adaspec.api.cli;

import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code adaspec tokenize}: the token ids of a text. Reads no weights. */
@Command(
    name = "tokenize",
    description = {
      "Show the token ids of a text; works on vocabulary-only files too.",
      "Takes the options of the other commands, so that a script can give all of them the same, and"
          + " checks them: --draft must name a model that makes the same tokens of the text; device,"
          + " threads and policy must make sense but change no ids."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class TokenizeCommand implements Runnable {
  @Mixin private final EngineOptions options = new EngineOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  @Option(names = "--text", required = true, paramLabel = "TEXT", description = "The text.")
  private String text = "";

  @Option(names = "--add-bos", description = "Put the beginning-of-text token in front.")
  private boolean addBos;

  @Option(
      names = "--parse-special",
      description = "Read names of control tokens in the text, such as <|im_start|>, as these.")
  private boolean parseSpecial;

  TokenizeCommand() {}

  @Override
  public void run() {
    options.requireValid();
    Tokenizer tokenizer = tokenizer(options.target());
    int[] ids = ids(tokenizer);
    options.draft().ifPresent(draft -> requireSameIds(ids, draft));
    if (output.json()) {
      output.printJson(Map.of("ids", ids));
    } else {
      for (int id : ids) {
        output.out().println(id + "\t" + tokenizer.tokenName(id));
      }
    }
  }

  private Tokenizer tokenizer(Path model) {
    try (Progress _ = output.progress("reading " + model.getFileName())) {
      return ModelFiles.openText(model).tokenizer();
    } catch (IOException e) {
      throw CommandFailure.unreadable(model, e);
    }
  }

  private int[] ids(Tokenizer tokenizer) {
    int[] ids = tokenizer.encode(text, false, parseSpecial);
    return addBos ? withBos(tokenizer, ids) : ids;
  }

  private void requireSameIds(int[] ids, Path draft) {
    int[] own = ids(tokenizer(draft));
    if (!Arrays.equals(ids, own)) {
      throw new CommandFailure(
          "--draft: "
              + draft
              + " makes other tokens of the text: "
              + Arrays.toString(own)
              + " instead of "
              + Arrays.toString(ids)
              + "; a draft model needs the target's vocabulary");
    }
  }

  private static int[] withBos(Tokenizer tokenizer, int[] ids) {
    int bos =
        tokenizer
            .bosId()
            .orElseThrow(
                () -> new CommandFailure("--add-bos: the model has no beginning-of-text token"));
    return IntStream.concat(IntStream.of(bos), IntStream.of(ids)).toArray();
  }
}
