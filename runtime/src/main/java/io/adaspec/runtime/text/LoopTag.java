package io.adaspec.runtime.text;

import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.ForTag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.util.ForLoop;
import com.hubspot.jinjava.util.ObjectIterator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The loop of Jinja, whose {@code for x in values if condition} goes over the values that meet the
 * condition. The engine's own takes the condition for a part of something else and leaves out what
 * it likes without a word. It renders an {@code else} in every round, so that is refused.
 */
final class LoopTag extends ForTag {
  private static final Pattern HEAD = Pattern.compile("\\s*+([\\w\\s,()]{1,128}?)\\s++in\\s++");

  /** A loop's parts as they stand in its tag. */
  private record Filtered(List<String> names, String values, String condition) {}

  LoopTag() {}

  @Override
  public String interpretUnchecked(TagNode tag, JinjavaInterpreter interpreter) {
    for (Node child : tag.getChildren()) {
      if (child instanceof TagNode inner && inner.getName().equals("else")) {
        throw new InterpretException(
            "a loop with an else is not supported; test for an empty list before it",
            inner.getLineNumber());
      }
    }
    return filtered(tag.getHelpers())
        .map(
            loop -> renderForCollection(tag, interpreter, loop.names, left(loop, tag, interpreter)))
        .orElseGet(() -> super.interpretUnchecked(tag, interpreter));
  }

  private static Optional<Filtered> filtered(String helpers) {
    Matcher head = HEAD.matcher(helpers);
    int condition = TemplateSource.topLevelWord(helpers, "if");
    if (condition < 0 || !head.lookingAt() || condition < head.end()) {
      return Optional.empty();
    }
    List<String> names =
        Arrays.stream(head.group(1).replaceAll("[()]", "").split(",", -1))
            .map(String::strip)
            .toList();
    return Optional.of(
        new Filtered(
            names,
            helpers.substring(head.end(), condition),
            helpers.substring(condition + "if".length())));
  }

  private static List<@Nullable Object> left(
      Filtered loop, TagNode tag, JinjavaInterpreter interpreter) {
    List<@Nullable Object> left = new ArrayList<>();
    ForLoop all =
        ObjectIterator.getLoop(interpreter.resolveELExpression(loop.values, tag.getLineNumber()));
    while (all.hasNext()) {
      Object value = all.next();
      try (var _ = interpreter.enterScope()) {
        bind(loop.names, value, interpreter);
        Object met = interpreter.resolveELExpression(loop.condition, tag.getLineNumber());
        if (PythonExpressions.truth(met)) {
          left.add(value);
        }
      }
    }
    return left;
  }

  private static void bind(
      List<String> names, @Nullable Object value, JinjavaInterpreter interpreter) {
    if (names.size() == 1) {
      interpreter.getContext().put(names.getFirst(), value);
    } else if (value instanceof Map.Entry<?, ?> entry) {
      interpreter.getContext().put(names.get(0), entry.getKey());
      interpreter.getContext().put(names.get(1), entry.getValue());
    } else if (value instanceof List<?> parts) {
      for (int i = 0; i < Math.min(names.size(), parts.size()); i++) {
        interpreter.getContext().put(names.get(i), parts.get(i));
      }
    }
  }
}
