package io.adaspec.runtime.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The door to model files: GGUF files and Hugging Face folders.
 *
 * <p>All methods throw {@link IOException} if something cannot be read, and {@link
 * ModelFormatException}, with the file's name, if it is damaged or not supported.
 */
public final class ModelFiles {
  private ModelFiles() {}

  /**
   * Everything that a model file or folder gives, without rows of the embedding that the tokenizer
   * has no tokens for.
   */
  public static LoadedModel open(Path path) throws IOException {
    ModelText text = openText(path);
    ModelWeights model = openWeights(path);
    int tokens = text.tokenizer().vocabularySize();
    if (tokens > model.config().vocabularySize()) {
      model.close();
      throw new ModelFormatException(
          path.getFileName()
              + ": the tokenizer has "
              + tokens
              + " tokens, but the embedding only "
              + model.config().vocabularySize()
              + " rows; the files do not belong together");
    }
    ModelWeights unpadded = model.withoutPadding(tokens);
    return new LoadedModel(unpadded.config(), unpadded.weights(), text);
  }

  /** Configuration and weights alone, with all rows of the embedding. */
  public static ModelWeights openWeights(Path path) throws IOException {
    return Files.isDirectory(path) ? HuggingFaceFolder.weights(path) : GgufModel.weights(path);
  }

  /** The text side alone; vocabulary-only files have no more. */
  public static ModelText openText(Path path) throws IOException {
    return Files.isDirectory(path) ? HuggingFaceFolder.text(path) : GgufModel.text(path);
  }
}
