package io.adaspec.api.cli;

import io.adaspec.runtime.model.ForeignVocabularyException;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The open models of a command.
 *
 * @param name as clients ask for it
 * @param createdSeconds when the target's file was written, in seconds since 1970
 * @param target the model that decides
 * @param draft the model that proposes
 */
record ModelPair(String name, long createdSeconds, LoadedModel target, Optional<LoadedModel> draft)
    implements AutoCloseable {

  /**
   * Opens both.
   *
   * @param name as clients ask for it
   * @throws CommandFailure if one cannot be read or they do not fit together
   */
  static ModelPair open(String name, Path targetPath, Optional<Path> draftPath) {
    LoadedModel target = open(targetPath);
    try {
      return new ModelPair(
          name,
          Files.getLastModifiedTime(targetPath).to(TimeUnit.SECONDS),
          target,
          draftPath.map(path -> openDraft(path, target)));
    } catch (IOException e) {
      target.close();
      throw CommandFailure.unreadable(targetPath, e);
    } catch (RuntimeException e) {
      target.close();
      throw e;
    }
  }

  private static LoadedModel openDraft(Path path, LoadedModel target) {
    LoadedModel draft = open(path);
    try {
      target.forDevice().requireSameVocabulary(draft.forDevice());
      return draft;
    } catch (ForeignVocabularyException e) {
      draft.close();
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private static LoadedModel open(Path path) {
    try {
      return ModelFiles.open(path);
    } catch (IOException e) {
      throw CommandFailure.unreadable(path, e);
    } catch (ModelFormatException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** Unmaps the weights; no device may use them any more. */
  @Override
  public void close() {
    draft.ifPresent(LoadedModel::close);
    target.close();
  }
}
