package io.adaspec.api.http;

/**
 * Whom a request speaks for.
 *
 * @param name stable name that reveals nothing of the key; may be logged
 */
public record Principal(String name) {
  /** Everybody, where no keys are set. */
  public static final Principal ANONYMOUS = new Principal("anonymous");
}
