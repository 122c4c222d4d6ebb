package io.adaspec.api.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which models a command works on. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "PATH",
      description =
          "Model: a GGUF file or a Hugging Face folder. Default: the pair that comes with AdaSpec.")
  private Optional<Path> model = Optional.empty();

  private final BundledModels bundled;

  ModelOptions() {
    this.bundled = BundledModels.ofThisDistribution();
  }

  /** The model to work on: the given one, else the bundled one. */
  Path target() {
    return model
        .map(path -> existing(path, "--model"))
        .or(bundled::target)
        .orElseThrow(
            () ->
                new CommandFailure(
                    "no model given: say --model PATH with a GGUF file or a Hugging Face folder"));
  }

  /** The model's name for clients: that of its file, without the ending. */
  String name() {
    return model
        .map(path -> path.toAbsolutePath().normalize().getFileName())
        .map(file -> file.toString().replaceFirst("\\.gguf$", ""))
        .orElse(BundledModels.NAME);
  }

  /** Whether the model is the bundled one, whose draft model is then the default too. */
  boolean isBundled() {
    return model.isEmpty();
  }

  /** The bundled draft model, when the bundled target is used. */
  Optional<Path> bundledDraft() {
    return isBundled() ? bundled.draft() : Optional.empty();
  }

  static Path existing(Path path, String option) {
    if (!Files.exists(path)) {
      throw new CommandFailure(option + ": there is no file or folder " + path);
    }
    return path;
  }
}
