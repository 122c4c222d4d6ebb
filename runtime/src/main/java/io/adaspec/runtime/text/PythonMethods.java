package io.adaspec.runtime.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The methods of Python's texts, maps and lists that chat templates call. */
final class PythonMethods {
  private static final String WHITESPACE = " \t\n\r\f\u000b\u001c\u001d\u001e\u001f\u0085\u00a0";

  private PythonMethods() {}

  /**
   * Calls a method.
   *
   * @throws IllegalArgumentException if there is no such method or its arguments do not fit
   */
  static @Nullable Object call(Object base, String method, @Nullable Object[] arguments) {
    return switch (base) {
      case String text -> ofText(text, method, arguments);
      case Map<?, ?> map -> ofMap(map, method, arguments);
      case Collection<?> list -> ofList(list, method, arguments);
      default -> throw unknown("this value", method);
    };
  }

  private static Object ofText(String text, String method, @Nullable Object[] arguments) {
    return switch (method) {
      case "strip" -> strip(text, characters(arguments), true, true);
      case "lstrip" -> strip(text, characters(arguments), true, false);
      case "rstrip" -> strip(text, characters(arguments), false, true);
      case "split" -> split(text, arguments, false);
      case "rsplit" -> split(text, arguments, true);
      case "splitlines" -> text.lines().toList();
      case "startswith" -> prefixes(arguments).stream().anyMatch(text::startsWith);
      case "endswith" -> prefixes(arguments).stream().anyMatch(text::endsWith);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "capitalize" -> capitalize(text);
      case "title" -> title(text);
      case "replace" -> replace(text, arguments);
      case "find" -> (long) text.indexOf(string(arguments, 0));
      case "rfind" -> (long) text.lastIndexOf(string(arguments, 0));
      case "count" -> (long) occurrences(text, string(arguments, 0));
      case "removeprefix" -> {
        String prefix = string(arguments, 0);
        yield text.startsWith(prefix) ? text.substring(prefix.length()) : text;
      }
      case "removesuffix" -> {
        String suffix = string(arguments, 0);
        yield text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
      }
      case "join" -> join(text, arguments);
      case "isdigit" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
      case "isalpha" -> !text.isEmpty() && text.codePoints().allMatch(Character::isLetter);
      case "isspace" -> !text.isEmpty() && strip(text, WHITESPACE, true, false).isEmpty();
      case TemplateSource.REVERSED -> new StringBuilder(text).reverse().toString();
      default -> throw unknown("a text", method);
    };
  }

  private static @Nullable Object ofMap(
      Map<?, ?> map, String method, @Nullable Object[] arguments) {
    return switch (method) {
      case "items" -> map.entrySet();
      case "keys" -> new ArrayList<>(map.keySet());
      case "values" -> new ArrayList<>(map.values());
      case "get" -> {
        Object value = map.get(string(arguments, 0));
        Object otherwise = arguments.length > 1 ? arguments[1] : PythonNone.NONE;
        yield value == null ? otherwise : value;
      }
      default -> throw unknown("a map", method);
    };
  }

  private static @Nullable Object ofList(
      Collection<?> list, String method, @Nullable Object[] arguments) {
    List<@Nullable Object> copy = new ArrayList<>(list);
    return switch (method) {
      case TemplateSource.REVERSED -> {
        Collections.reverse(copy);
        yield copy;
      }
      case "count" -> (long) Collections.frequency(copy, argument(arguments, 0));
      case "index" -> (long) copy.indexOf(argument(arguments, 0));
      case "append" -> append(list, argument(arguments, 0));
      default -> throw unknown("a list", method);
    };
  }

  @SuppressWarnings("unchecked") // lists within templates are lists of plain data
  private static Object append(Collection<?> list, @Nullable Object element) {
    requireFew(list.size());
    Collection<@Nullable Object> target = (Collection<@Nullable Object>) list;
    target.add(element);
    if (element instanceof Collection<?> || element instanceof Map<?, ?>) {
      TemplateBounds.text(TemplateBounds.weight(target)); // refuses a list within itself, too
    }
    return PythonNone.NONE;
  }

  private static void requireFew(int elements) {
    if (elements >= TemplateBounds.MOST_ELEMENTS) {
      throw new IllegalArgumentException(
          "a list would have more than " + TemplateBounds.MOST_ELEMENTS + " elements");
    }
  }

  private static String strip(String text, String characters, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && characters.indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    while (right && end > start && characters.indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    return text.substring(start, end);
  }

  private static List<String> split(String text, @Nullable Object[] arguments, boolean fromRight) {
    int most =
        arguments.length > 1 && arguments[1] instanceof Number number ? number.intValue() : -1;
    if (missing(arguments)) {
      String stripped = strip(text, WHITESPACE, true, true);
      return stripped.isEmpty() ? List.of() : Arrays.asList(stripped.split("\\s+", -1));
    }
    String separator = string(arguments, 0);
    if (separator.isEmpty()) {
      throw new IllegalArgumentException("split needs a separator that is not empty");
    }
    List<String> parts = new ArrayList<>();
    String rest = text;
    while (most < 0 || parts.size() < most) {
      int at = fromRight ? rest.lastIndexOf(separator) : rest.indexOf(separator);
      if (at < 0) {
        break;
      }
      requireFew(parts.size());
      parts.add(fromRight ? rest.substring(at + separator.length()) : rest.substring(0, at));
      rest = fromRight ? rest.substring(0, at) : rest.substring(at + separator.length());
    }
    parts.add(rest);
    if (fromRight) {
      Collections.reverse(parts);
    }
    return parts;
  }

  private static String replace(String text, @Nullable Object[] arguments) {
    String from = string(arguments, 0);
    String to = string(arguments, 1);
    int most = arguments.length > 2 && arguments[2] instanceof Number given ? given.intValue() : -1;
    int found = from.isEmpty() ? text.length() + 1 : occurrences(text, from);
    int count = most < 0 ? found : Math.min(most, found);
    TemplateBounds.text(text.length() + (long) count * ((long) to.length() - from.length()));
    if (count == found) {
      return text.replace(from, to);
    }
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int done = 0; done < count; done++) {
      int next = text.indexOf(from, at);
      out.append(text, at, next).append(to);
      at = next + from.length();
      if (from.isEmpty()) {
        out.append(text, at, ++at);
      }
    }
    return out.append(text, at, text.length()).toString();
  }

  private static int occurrences(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0 && !part.isEmpty(); count++) {
      at = text.indexOf(part, at + part.length());
    }
    return count;
  }

  private static String capitalize(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inWord = Character.isLetter(c);
    }
    return out.toString();
  }

  private static String join(String separator, @Nullable Object[] arguments) {
    if (!(argument(arguments, 0) instanceof Collection<?> parts)) {
      throw new IllegalArgumentException("join needs a list");
    }
    List<String> texts = parts.stream().map(String::valueOf).toList();
    long length = (long) separator.length() * texts.size();
    TemplateBounds.text(length + texts.stream().mapToLong(String::length).sum());
    return String.join(separator, texts);
  }

  private static String characters(@Nullable Object[] arguments) {
    return missing(arguments) ? WHITESPACE : string(arguments, 0);
  }

  private static boolean missing(@Nullable Object[] arguments) {
    return arguments.length == 0 || arguments[0] == null || arguments[0] == PythonNone.NONE;
  }

  private static List<String> prefixes(@Nullable Object[] arguments) {
    return argument(arguments, 0) instanceof Collection<?> several
        ? several.stream().map(String::valueOf).toList()
        : List.of(string(arguments, 0));
  }

  private static String string(@Nullable Object[] arguments, int index) {
    return String.valueOf(argument(arguments, index));
  }

  private static @Nullable Object argument(@Nullable Object[] arguments, int index) {
    if (index >= arguments.length) {
      throw new IllegalArgumentException("an argument is missing");
    }
    return arguments[index];
  }

  private static IllegalArgumentException unknown(String what, String method) {
    return new IllegalArgumentException("templates cannot call " + method + " of " + what);
  }
}
