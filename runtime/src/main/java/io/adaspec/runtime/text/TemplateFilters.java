package io.adaspec.runtime.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.AdvancedFilter;
import com.hubspot.jinjava.lib.filter.FormatFilter;
import com.hubspot.jinjava.util.ForLoop;
import com.hubspot.jinjava.util.ObjectIterator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The filters that templates may use: those of jinja2 whose results are bounded by what goes in.
 * Some are the project's own, where the engine's differ from jinja2 or may take too much.
 */
final class TemplateFilters {
  /** Filters of the engine. */
  private static final Set<String> OF_THE_ENGINE =
      Set.of(
          "abs",
          "capitalize",
          "count",
          "d",
          "default",
          "dictsort",
          "e",
          "escape",
          "first",
          "float",
          "forceescape",
          "groupby",
          "int",
          "last",
          "length",
          "list",
          "lower",
          "map",
          "reject",
          "rejectattr",
          "reverse",
          "round",
          "select",
          "selectattr",
          "sort",
          "sum",
          "title",
          "truncate",
          "unique",
          "upper",
          "urlencode",
          "wordcount");

  private static final int MOST_INDENT = 64;
  private static final Pattern WIDE = Pattern.compile("%[^a-zA-Z%]*\\d{3,}");

  /** A filter's work. */
  @FunctionalInterface
  private interface Body {
    @Nullable Object apply(@Nullable Object value, Arguments arguments);
  }

  /** Arguments by position or by name. */
  private record Arguments(
      JinjavaInterpreter interpreter, @Nullable Object[] byPosition, Map<String, Object> byName) {
    @Nullable Object get(int index, String name) {
      return byName.getOrDefault(name, index < byPosition.length ? byPosition[index] : null);
    }
  }

  private record Own(String name, Body body) implements AdvancedFilter {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public @Nullable Object filter(
        @Nullable Object value,
        JinjavaInterpreter interpreter,
        @Nullable Object[] byPosition,
        Map<String, Object> byName) {
      return body.apply(value, new Arguments(interpreter, byPosition, byName));
    }
  }

  private TemplateFilters() {}

  /** The project's own filters. */
  static List<AdvancedFilter> own() {
    return List.of(
        new PythonJson(),
        new Own("format", TemplateFilters::format),
        new Own("indent", TemplateFilters::indent),
        new Own("items", TemplateFilters::items),
        new Own("join", TemplateFilters::join),
        new Own("replace", TemplateFilters::replace),
        new Own("safe", (value, arguments) -> value),
        new Own("string", (value, arguments) -> PythonText.of(value)),
        new Own("trim", TemplateFilters::trim));
  }

  /** Names of all filters that templates may use. */
  static Set<String> names() {
    Set<String> names = new HashSet<>(OF_THE_ENGINE);
    own().forEach(filter -> names.add(filter.getName()));
    return names;
  }

  private static @Nullable Object replace(@Nullable Object value, Arguments arguments) {
    return PythonMethods.call(PythonText.of(value), "replace", arguments.byPosition());
  }

  private static @Nullable Object trim(@Nullable Object value, Arguments arguments) {
    return PythonMethods.call(PythonText.of(value), "strip", arguments.byPosition());
  }

  private static String join(@Nullable Object value, Arguments arguments) {
    String separator = PythonText.of(arguments.get(0, "d"));
    Object attribute = arguments.get(1, "attribute");
    StringBuilder out = new StringBuilder();
    ForLoop elements = ObjectIterator.getLoop(value);
    while (elements.hasNext()) {
      Object element = elements.next();
      if (attribute != null) {
        element = arguments.interpreter().resolveProperty(element, String.valueOf(attribute));
      }
      String text = PythonText.of(element);
      TemplateBounds.text((long) out.length() + separator.length() + text.length());
      out.append(text).append(elements.hasNext() ? separator : "");
    }
    return out.toString();
  }

  private static List<Map.Entry<?, ?>> items(@Nullable Object value, Arguments arguments) {
    return value instanceof Map<?, ?> map ? new ArrayList<>(map.entrySet()) : List.of();
  }

  private static @Nullable Object format(@Nullable Object value, Arguments arguments) {
    if (WIDE.matcher(String.valueOf(value)).find()) {
      throw new IllegalArgumentException("format accepts widths of at most two digits");
    }
    Object[] values = arguments.byPosition().clone();
    Arrays.setAll(values, i -> values[i] instanceof Boolean flag ? PythonText.of(flag) : values[i]);
    return new FormatFilter().filter(value, arguments.interpreter(), values, arguments.byName());
  }

  /** Blanks in front of every line but the first and empty ones, unless they are asked for. */
  private static String indent(@Nullable Object value, Arguments arguments) {
    Object width = Objects.requireNonNullElse(arguments.get(0, "width"), 4);
    boolean first = Boolean.TRUE.equals(arguments.get(1, "first"));
    boolean blank = Boolean.TRUE.equals(arguments.get(2, "blank"));
    String blanks =
        width instanceof Number number
            ? " ".repeat(Math.clamp(number.longValue(), 0, MOST_INDENT))
            : " ".repeat(4);
    StringBuilder out = new StringBuilder();
    String[] lines = String.valueOf(value).split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      boolean indented = i == 0 ? first : blank || !lines[i].isEmpty();
      TemplateBounds.text((long) out.length() + lines[i].length() + MOST_INDENT);
      out.append(i == 0 ? "" : "\n").append(indented ? blanks : "").append(lines[i]);
    }
    return out.toString();
  }
}
