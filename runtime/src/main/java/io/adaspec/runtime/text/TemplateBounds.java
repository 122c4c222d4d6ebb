package io.adaspec.runtime.text;

import io.adaspec.runtime.time.CalendarClock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one rendering may take: steps, time, and the size of the values it makes.
 *
 * <p>Values are weighed as if they were written out: a list that holds another twice weighs twice
 * as much, so neither doubling nor a list within itself gets around the bound. The template engine
 * swallows exceptions; so the first reason is kept, and every following step ends at once.
 */
final class TemplateBounds {
  /** Characters of a text; more than any prompt has. */
  static final int MOST_TEXT = 8 << 20;

  /** Elements of a list or map. */
  static final int MOST_ELEMENTS = 100_000;

  private static final int MOST_STEPS = 100_000;
  private static final Duration MOST_TIME = Duration.ofSeconds(3);
  private static final int MOST_DEPTH = 64;

  /** Weight of an element itself, in characters. */
  private static final int ELEMENT = 16;

  /** Weight of all values that one step reads. */
  private static final long MOST_READ = 8L * MOST_TEXT;

  private final CalendarClock clock;
  private final LocalDateTime start;
  private int steps;
  private long read;
  private @Nullable String failure;

  TemplateBounds(CalendarClock clock) {
    this.clock = clock;
    this.start = clock.now();
  }

  /** Called before every node is rendered. */
  void step() {
    if (++steps > MOST_STEPS) {
      fail("it takes more than " + MOST_STEPS + " steps");
    }
    if (steps % 128 == 0) {
      checkTime();
    }
    read = 0;
    requireSound();
  }

  /** Called for every value that a step reads, and before every call of a method. */
  void read(@Nullable Object value) {
    read += weight(value);
    if (read > MOST_READ) {
      fail("one step reads more than " + MOST_READ + " characters");
    }
    checkTime();
    requireSound();
  }

  /** Called for every value that a variable keeps. */
  void keep(@Nullable Object value) {
    if (weight(value) > MOST_TEXT) {
      fail("a variable holds more than " + MOST_TEXT + " characters");
    }
    requireSound();
  }

  /** Stops rendering; the first reason counts. */
  void fail(String reason) {
    failure = failure == null ? reason : failure;
  }

  /** Why rendering was stopped. */
  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /** The length of a text that is about to be made, if it is allowed. */
  static int text(long length) {
    if (length > MOST_TEXT) {
      throw new IllegalArgumentException(
          "a text would have more than " + MOST_TEXT + " characters");
    }
    return (int) length;
  }

  /** Characters that a value takes when it is written; counting ends beyond {@link #MOST_READ}. */
  static long weight(@Nullable Object value) {
    return weight(value, MOST_READ, 0);
  }

  private static long weight(@Nullable Object value, long most, int depth) {
    if (depth > MOST_DEPTH) {
      return most + 1;
    }
    long weight = ELEMENT;
    switch (value) {
      case String text -> weight += text.length();
      case Map.Entry<?, ?> entry -> {
        weight += weight(entry.getKey(), most, depth + 1);
        weight += weight(entry.getValue(), most, depth + 1);
      }
      case Map<?, ?> map -> weight += weight(map.entrySet(), most, depth + 1);
      case Collection<?> elements -> {
        for (Object element : elements) {
          weight += weight(element, most - weight, depth + 1);
          if (weight > most) {
            return weight;
          }
        }
      }
      case null, default -> {}
    }
    return weight;
  }

  private void checkTime() {
    if (start.plus(MOST_TIME).isBefore(clock.now())) {
      fail("it takes more than " + MOST_TIME.toSeconds() + " s");
    }
  }

  private void requireSound() {
    if (failure != null) {
      throw new IllegalStateException("rendering was stopped: " + failure);
    }
  }
}
