package io.adaspec.actors;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Stages of the actor library, without its detour. */
final class Stages {
  private Stages() {}

  /**
   * The same outcome as a plain future. What the library returns runs every dependent, also those
   * of the methods without {@code Async}, in the common pool of the JVM; a host that blocks the
   * pool would stop the engine.
   */
  static <T> CompletableFuture<T> direct(CompletionStage<T> stage) {
    return stage.toCompletableFuture().copy();
  }
}
