package io.adaspec.api.http;

import java.util.HashSet;
import java.util.Set;

/**
 * One client connection. What runs on behalf of its client registers how to stop, and is stopped
 * when the connection goes. Thread-safe.
 */
public final class Connection {
  private final Set<Registration> running = new HashSet<>();
  private boolean closed;

  /** Runs {@code stop} when the connection goes; at once if it has gone. */
  public Registration onClose(Runnable stop) {
    Registration registration = new Registration(this, stop);
    synchronized (running) {
      if (!closed) {
        running.add(registration);
        return registration;
      }
    }
    stop.run();
    return registration;
  }

  /** The connection has gone. */
  public void close() {
    Set<Registration> stopped;
    synchronized (running) {
      closed = true;
      stopped = Set.copyOf(running);
      running.clear();
    }
    stopped.forEach(registration -> registration.stop.run());
  }

  /** Something to stop with the connection. */
  public static final class Registration {
    private final Connection connection;
    private final Runnable stop;

    private Registration(Connection connection, Runnable stop) {
      this.connection = connection;
      this.stop = stop;
    }

    /** There is nothing left to stop. */
    public void done() {
      synchronized (connection.running) {
        connection.running.remove(this);
      }
    }
  }
}
