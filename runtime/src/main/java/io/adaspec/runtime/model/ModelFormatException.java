package io.adaspec.runtime.model;

import java.nio.file.Path;

/**
 * A model file or folder that cannot be served; the message says what is wrong, the value and the
 * remedy.
 */
public final class ModelFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public ModelFormatException(String message) {
    super(message);
  }

  public ModelFormatException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The same, saying in which file. */
  ModelFormatException in(Path file) {
    return new ModelFormatException(file.getFileName() + ": " + getMessage(), this);
  }
}
