package io.adaspec.runtime.text;

import io.adaspec.runtime.time.CalendarClock;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The functions of one rendering. */
final class TemplateFunctions {
  private final CalendarClock clock;
  private final TemplateBounds bounds;
  private @Nullable String refusal;

  TemplateFunctions(CalendarClock clock, TemplateBounds bounds) {
    this.clock = clock;
    this.bounds = bounds;
  }

  @Nullable Object call(String name, @Nullable Object[] arguments) {
    String argument = arguments.length == 0 ? "" : String.valueOf(arguments[0]);
    return switch (name) {
      case "raise_exception" -> {
        refusal = refusal == null ? argument : refusal;
        bounds.fail("the template refused the messages");
        yield null;
      }
      case "strftime_now" -> format(clock.now(), argument);
      default -> throw new IllegalArgumentException("templates cannot call " + name);
    };
  }

  /** What the template itself said against the messages. */
  Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }

  /** C's strftime for the letters that templates use. */
  static String format(LocalDateTime time, String pattern) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%' || i + 1 == pattern.length()) {
        out.append(c);
        continue;
      }
      char letter = pattern.charAt(++i);
      out.append(letter == '%' ? "%" : field(time, letter));
    }
    return out.toString();
  }

  private static String field(LocalDateTime time, char letter) {
    String java =
        switch (letter) {
          case 'd' -> "dd";
          case 'm' -> "MM";
          case 'y' -> "yy";
          case 'Y' -> "yyyy";
          case 'b', 'h' -> "MMM";
          case 'B' -> "MMMM";
          case 'a' -> "EEE";
          case 'A' -> "EEEE";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'p' -> "a";
          case 'j' -> "DDD";
          case 'F' -> "yyyy-MM-dd";
          case 'T' -> "HH:mm:ss";
          default -> throw new IllegalArgumentException("strftime_now does not know %" + letter);
        };
    return time.format(DateTimeFormatter.ofPattern(java, Locale.ENGLISH));
  }
}
