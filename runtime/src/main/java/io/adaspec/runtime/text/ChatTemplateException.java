package io.adaspec.runtime.text;

import org.jspecify.annotations.Nullable;

/** A conversation that a chat template did not render. */
public final class ChatTemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whose fault it is. */
  public enum Reason {
    /** The template itself refused the messages ({@code raise_exception}): the user's error. */
    REFUSED,
    /** The template is broken, uses what is not supported, or ran over a limit. */
    FAILED
  }

  private final Reason reason;

  public ChatTemplateException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public ChatTemplateException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Whether the messages were refused or rendering failed. */
  public Reason reason() {
    return reason;
  }
}
