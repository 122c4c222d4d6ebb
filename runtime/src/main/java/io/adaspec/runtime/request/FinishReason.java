package io.adaspec.runtime.request;

/** Why a sequence ended. */
public enum FinishReason {
  /** A stop token or a stop string. */
  STOP,
  /** The output limit or the end of the context. */
  LENGTH,
  /** Cancelled by its client or by a disconnect. */
  CANCELLED,
  /** Its consumer stood still for too long. */
  SLOW_CONSUMER,
  /** The engine could not go on; the message says why. */
  FAILED
}
