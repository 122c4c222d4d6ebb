package io.adaspec.runtime.text;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as Python's {@code str} writes them; what is undefined is an empty text. */
final class PythonText {
  private PythonText() {}

  /**
   * The text of a value.
   *
   * @throws IllegalArgumentException if it would be too long
   */
  static String of(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case String text -> text;
      case Boolean flag -> flag ? "True" : "False";
      case Double number -> number(number);
      case Map<?, ?> map -> listing(map);
      case Collection<?> list -> listing(list);
      case Map.Entry<?, ?> pair -> listing(pair);
      default -> value.toString();
    };
  }

  private static String listing(Object value) {
    TemplateBounds.text(TemplateBounds.weight(value)); // refuses a list within itself, too
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  /** As {@code repr} writes a value, within lists and maps. */
  private static void write(@Nullable Object value, StringBuilder out) {
    switch (value) {
      case null -> out.append("Undefined");
      case String text -> quote(text, out);
      case Map<?, ?> map -> {
        out.append('{');
        Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        while (entries.hasNext()) {
          Map.Entry<?, ?> entry = entries.next();
          write(entry.getKey(), out);
          out.append(": ");
          write(entry.getValue(), out);
          out.append(entries.hasNext() ? ", " : "");
        }
        out.append('}');
      }
      case Collection<?> list -> {
        out.append('[');
        Iterator<?> elements = list.iterator();
        while (elements.hasNext()) {
          write(elements.next(), out);
          out.append(elements.hasNext() ? ", " : "");
        }
        out.append(']');
      }
      case Map.Entry<?, ?> pair -> {
        out.append('(');
        write(pair.getKey(), out);
        out.append(", ");
        write(pair.getValue(), out);
        out.append(')');
      }
      default -> out.append(of(value));
    }
  }

  private static void quote(String text, StringBuilder out) {
    char mark = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(mark);
    text.codePoints().forEach(c -> escape(c, mark, out));
    out.append(mark);
  }

  private static void escape(int c, char mark, StringBuilder out) {
    switch (c) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\\' -> out.append("\\\\");
      default -> {
        if (c == mark) {
          out.append('\\').append(mark);
        } else if (printable(c)) {
          out.appendCodePoint(c);
        } else {
          out.append(String.format(c < 256 ? "\\x%02x" : c < 65536 ? "\\u%04x" : "\\U%08x", c));
        }
      }
    }
  }

  private static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }

  private static String number(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    return Double.isInfinite(number) ? (number > 0 ? "inf" : "-inf") : PythonJson.number(number);
  }
}
