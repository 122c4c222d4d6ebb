package io.adaspec.runtime.request;

/** Priority classes, most urgent first. */
public enum ServiceClass {
  /** Somebody waits for every token. */
  INTERACTIVE,
  /** The default. */
  STANDARD,
  /** Absorbs load: runs when the others leave room. */
  BATCH
}
