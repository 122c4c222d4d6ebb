package io.adaspec.api;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/**
 * Counts the answers of all connections that are not sent yet. The library's own termination takes
 * an answer for done when its head is sent, and would cut streams. Thread-safe.
 */
final class AnswersUnderWay {
  private final List<CompletableFuture<Done>> waiting = new ArrayList<>();
  private int running;

  AnswersUnderWay() {}

  synchronized void begin() {
    running++;
  }

  void end() {
    List<CompletableFuture<Done>> released = List.of();
    synchronized (this) {
      if (--running == 0) {
        released = List.copyOf(waiting);
        waiting.clear();
      }
    }
    released.forEach(each -> each.complete(Done.getInstance()));
  }

  /** Completes as soon as there is none. */
  synchronized CompletionStage<Done> whenNone() {
    CompletableFuture<Done> none = new CompletableFuture<>();
    if (running == 0) {
      none.complete(Done.getInstance());
    } else {
      waiting.add(none);
    }
    return none;
  }
}
