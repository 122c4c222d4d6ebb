package io.adaspec.runtime.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.AdvancedFilter;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The {@code tojson} filter as model hubs define it: Python's {@code json.dumps} without ASCII. */
final class PythonJson implements AdvancedFilter {
  private static final int MOST_INDENT = 16;

  @Override
  public String getName() {
    return "tojson";
  }

  @Override
  public Object filter(
      @Nullable Object value,
      JinjavaInterpreter interpreter,
      @Nullable Object[] arguments,
      Map<String, Object> named) {
    Object indent = named.getOrDefault("indent", arguments.length > 0 ? arguments[0] : null);
    int width =
        indent instanceof Number number ? Math.clamp(number.longValue(), 0, MOST_INDENT) : -1;
    StringBuilder out = new StringBuilder();
    write(value, width, 0, out);
    return out.toString();
  }

  /** JSON text of plain data; {@code width} below 0 for one line. */
  static void write(@Nullable Object value, int width, int depth, StringBuilder out) {
    TemplateBounds.text(out.length());
    switch (value) {
      case null -> out.append("null");
      case PythonNone _ -> out.append("null");
      case Boolean flag -> out.append(flag);
      case Double number -> out.append(number(number));
      case Number number -> out.append(number);
      case Map<?, ?> map -> writeMap(map, width, depth, out);
      case Collection<?> list -> writeList(list, width, depth, out);
      default -> writeText(value.toString(), out);
    }
  }

  private static void writeMap(Map<?, ?> map, int width, int depth, StringBuilder out) {
    out.append('{');
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<?, ?> entry = entries.next();
      newLine(width, depth + 1, out);
      writeText(String.valueOf(entry.getKey()), out);
      out.append(": ");
      write(entry.getValue(), width, depth + 1, out);
      separate(entries.hasNext(), width, depth, out);
    }
    out.append('}');
  }

  private static void writeList(Collection<?> list, int width, int depth, StringBuilder out) {
    out.append('[');
    Iterator<?> elements = list.iterator();
    while (elements.hasNext()) {
      newLine(width, depth + 1, out);
      write(elements.next(), width, depth + 1, out);
      separate(elements.hasNext(), width, depth, out);
    }
    out.append(']');
  }

  private static void separate(boolean more, int width, int depth, StringBuilder out) {
    if (more) {
      out.append(width < 0 ? ", " : ",");
    } else {
      newLine(width, depth, out);
    }
  }

  private static void newLine(int width, int depth, StringBuilder out) {
    if (width >= 0) {
      out.append('\n').append(" ".repeat(width * depth));
    }
  }

  static String number(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "Infinity" : "-Infinity";
    }
    double size = Math.abs(number);
    if (number == 0) {
      return Double.toString(number);
    }
    if (size >= 1e-4 && size < 1e16) {
      String plain = new BigDecimal(Double.toString(number)).toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String[] parts = Double.toString(number).split("E", -1);
    int exponent = Integer.parseInt(parts[1]);
    String digits =
        parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
    return digits + String.format("e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  private static void writeText(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < ' ') {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
