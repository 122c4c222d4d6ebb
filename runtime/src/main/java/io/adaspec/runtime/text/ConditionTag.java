package io.adaspec.runtime.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.IfTag;
import com.hubspot.jinjava.tree.TagNode;

/** The {@code if} of Jinja; the engine's own takes the text {@code false} for false. */
final class ConditionTag extends IfTag {
  private static final long serialVersionUID = 1;

  @Override
  public boolean isPositiveIfElseNode(TagNode tag, JinjavaInterpreter interpreter) {
    return PythonExpressions.truth(
        interpreter.resolveELExpression(
            tag.getHelpers(), tag.getLineNumber(), tag.getStartPosition()));
  }
}
