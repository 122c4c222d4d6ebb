package io.adaspec.api.cli;

import java.io.IOException;
import java.nio.file.Path;

/** A command cannot do what was asked; the message is the one line that its user sees. */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandFailure(String message) {
    super(message);
  }

  CommandFailure(String message, Throwable cause) {
    super(message, cause);
  }

  /** A model that cannot be read. */
  static CommandFailure unreadable(Path model, IOException cause) {
    return new CommandFailure("cannot read " + model + ": " + cause.getMessage(), cause);
  }
}
