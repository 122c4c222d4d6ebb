package io.adaspec.runtime.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Copies what a template may see: plain data only, so that no Java object comes within reach. */
final class TemplateValues {
  private static final int MOST_DEPTH = 32;

  private TemplateValues() {}

  /** A mutable deep copy of a map of plain data. */
  static Map<String, Object> copy(Map<String, ?> values) {
    return copyMap(values, 0);
  }

  private static Object copy(@Nullable Object value, int depth) {
    if (depth > MOST_DEPTH) {
      throw new ChatTemplateException(
          ChatTemplateException.Reason.REFUSED,
          "messages are nested more than " + MOST_DEPTH + " deep");
    }
    return switch (value) {
      case null -> PythonNone.NONE;
      case String text -> text;
      case Boolean flag -> flag;
      case Integer number -> number.longValue();
      case Long number -> number;
      case Float number -> number.doubleValue();
      case Double number -> number;
      case Map<?, ?> map -> copyMap(map, depth);
      case List<?> list -> {
        List<Object> copy = new ArrayList<>(list.size());
        for (Object element : list) {
          copy.add(copy(element, depth + 1));
        }
        yield copy;
      }
      default ->
          throw new ChatTemplateException(
              ChatTemplateException.Reason.REFUSED,
              "messages may hold maps, lists, texts, numbers and truth values, not "
                  + value.getClass().getName());
    };
  }

  private static Map<String, Object> copyMap(Map<?, ?> map, int depth) {
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((key, value) -> copy.put(String.valueOf(key), copy(value, depth + 1)));
    return copy;
  }
}
