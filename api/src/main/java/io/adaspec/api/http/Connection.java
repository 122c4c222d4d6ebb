package io.adaspec.api.http;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One client connection. What runs on behalf of its client registers how to stop, and is stopped
 * when the connection goes. Thread-safe.
 */
public final class Connection {
  private final Event gone = new Event();
  private final Event silent = new Event();

  /** Runs {@code stop} when the connection goes; at once if it has gone. */
  public Registration onClose(Runnable stop) {
    return gone.on(stop);
  }

  /**
   * Runs {@code probe} when the client will send nothing more; at once if it has said so. It may
   * have gone, or may just wait for its answers: only writing tells.
   */
  Registration onSilent(Runnable probe) {
    return silent.on(probe);
  }

  /** The connection has gone. */
  public void close() {
    gone.happen();
  }

  /** The client has closed its half of the connection. */
  public void clientIsSilent() {
    silent.happen();
  }

  /** Something that happens once, with what is to be done then. */
  private static final class Event {
    private final Set<Registration> waiting = new HashSet<>();
    private boolean happened;

    Registration on(Runnable action) {
      Registration registration = new Registration(this, action);
      synchronized (this) {
        if (!happened) {
          waiting.add(registration);
          return registration;
        }
      }
      action.run();
      return registration;
    }

    void happen() {
      List<Registration> due;
      synchronized (this) {
        happened = true;
        due = List.copyOf(waiting);
        waiting.clear();
      }
      due.forEach(registration -> registration.action.run());
    }

    synchronized void remove(Registration registration) {
      waiting.remove(registration);
    }
  }

  /** Something to do at an event of the connection. */
  public static final class Registration {
    private final Event event;
    private final Runnable action;

    private Registration(Event event, Runnable action) {
      this.event = event;
      this.action = action;
    }

    /** There is nothing left to do. */
    public void done() {
      event.remove(this);
    }
  }
}
