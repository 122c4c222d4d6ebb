package io.adaspec.runtime.time;

import java.time.LocalDateTime;

/** Date and time of day, for text that shows them. Thread-safe. */
@FunctionalInterface
public interface CalendarClock {
  /** Date and time in the machine's time zone. */
  LocalDateTime now();

  /** The machine's clock. */
  static CalendarClock system() {
    return LocalDateTime::now;
  }
}
