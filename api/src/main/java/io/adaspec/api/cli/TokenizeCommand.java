package io.adaspec.api.cli;

import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code adaspec tokenize}: the token ids of a text. Reads no weights. */
@Command(
    name = "tokenize",
    description = "Show the token ids of a text; works on vocabulary-only files too.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class TokenizeCommand implements Runnable {
  @Mixin private final ModelOptions models = new ModelOptions();
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
    Tokenizer tokenizer;
    try {
      tokenizer = ModelFiles.openText(models.target()).tokenizer();
    } catch (IOException e) {
      throw CommandFailure.unreadable(models.target(), e);
    }
    int[] ids = tokenizer.encode(text, false, parseSpecial);
    if (addBos) {
      ids = withBos(tokenizer, ids);
    }
    if (output.json()) {
      output.printJson(Map.of("ids", ids));
    } else {
      for (int id : ids) {
        output.out().println(id + "\t" + tokenizer.tokenName(id));
      }
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
