package io.adaspec.api;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/**
 * The connections of a server, so that it can stop in good order: each ends when its running
 * answers are sent, and takes no further requests. The library's own termination takes an answer
 * for done when its head is sent, and resets connections, which cuts streams. Thread-safe.
 */
final class OpenConnections {
  /** How a connection is told to end when it has nothing left to answer. */
  @FunctionalInterface
  interface Drainable {
    void drain();
  }

  private final Set<Drainable> open = new HashSet<>();
  private final CompletableFuture<Done> allClosed = new CompletableFuture<>();
  private boolean draining;

  OpenConnections() {}

  /** A connection that comes while the server stops ends as well. */
  void opened(Drainable connection) {
    boolean late;
    synchronized (this) {
      open.add(connection);
      late = draining;
    }
    if (late) {
      connection.drain();
    }
  }

  /** The connection has ended, or goes on as something else. */
  void closed(Drainable connection) {
    boolean last;
    synchronized (this) {
      open.remove(connection);
      last = draining && open.isEmpty();
    }
    if (last) {
      allClosed.complete(Done.getInstance());
    }
  }

  /** Lets all connections end; completes when none is left. */
  CompletionStage<Done> drain() {
    List<Drainable> left;
    synchronized (this) {
      draining = true;
      left = List.copyOf(open);
    }
    if (left.isEmpty()) {
      allClosed.complete(Done.getInstance());
    }
    left.forEach(Drainable::drain);
    return allClosed.copy();
  }
}
