package io.adaspec.api.http;

/** Who may use a route. */
public enum Access {
  /** Everybody: for health checks alone. */
  PUBLIC,
  /** Whoever presents a key, once keys are set. */
  KEY,
  /** Whoever presents a key that may administrate, once keys are set. */
  ADMIN
}
