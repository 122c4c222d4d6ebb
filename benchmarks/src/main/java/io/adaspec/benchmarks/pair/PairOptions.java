package io.adaspec.benchmarks.pair;

import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which pair a benchmark runs; the bundled one unless another is named. */
public final class PairOptions {
  private static final String BUNDLED = "config/models/storyteller/storyteller-";

  @Option(
      names = "--model",
      defaultValue = BUNDLED + "target-q8_0.gguf",
      description = "The target. Default: that of the bundled pair.")
  private Path target = Path.of("");

  @Option(
      names = "--draft",
      defaultValue = BUNDLED + "draft-q8_0.gguf",
      description = "The draft. Default: that of the bundled pair.")
  private Path draft = Path.of("");

  public PairOptions() {}

  /** The target, to be closed by the caller. */
  public LoadedModel openTarget() throws IOException {
    return ModelFiles.open(target);
  }

  /** The draft, to be closed by the caller. */
  public LoadedModel openDraft() throws IOException {
    return ModelFiles.open(draft);
  }

  /** The names of both files. */
  public String fileNames() {
    return target.getFileName() + " and " + draft.getFileName();
  }
}
