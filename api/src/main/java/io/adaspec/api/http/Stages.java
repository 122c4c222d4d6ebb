package io.adaspec.api.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Stages of the actor library, without its detour. */
public final class Stages {
  private Stages() {}

  /**
   * The same outcome as a plain future. What the library returns runs every dependent, also those
   * of the methods without {@code Async}, in the common pool of the JVM; a host that blocks the
   * pool would stop the server.
   */
  public static <T> CompletableFuture<T> direct(CompletionStage<T> stage) {
    return stage.toCompletableFuture().copy();
  }

  /** Runs {@code then} when a stage is over, whatever came of it. */
  public static void whenOver(CompletionStage<?> stage, Runnable then) {
    var _ = direct(stage).whenComplete((result, failure) -> then.run());
  }
}
