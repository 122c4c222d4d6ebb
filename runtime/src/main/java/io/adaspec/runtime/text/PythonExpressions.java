package io.adaspec.runtime.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.el.ExtendedSyntaxBuilder;
import com.hubspot.jinjava.el.TruthyTypeConverter;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.mode.ExecutionMode;
import com.hubspot.jinjava.tree.output.RenderedOutputNode;
import com.hubspot.jinjava.util.ObjectTruthValue;
import java.util.Objects;
import jinjava.de.odysseus.el.ExpressionFactoryImpl;
import jinjava.de.odysseus.el.misc.BooleanOperations;
import jinjava.de.odysseus.el.misc.TypeConverter;
import jinjava.de.odysseus.el.tree.Bindings;
import jinjava.de.odysseus.el.tree.TreeStore;
import jinjava.de.odysseus.el.tree.impl.Builder;
import jinjava.de.odysseus.el.tree.impl.Cache;
import jinjava.de.odysseus.el.tree.impl.Parser;
import jinjava.de.odysseus.el.tree.impl.ast.AstBinary;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ExpressionFactory;
import org.jspecify.annotations.Nullable;

/**
 * The template engine with expressions as Python has them: {@code and} gives an operand, texts are
 * true unless they are empty, {@code None} equals nothing but itself, and values are written as
 * {@link PythonText} does.
 */
final class PythonExpressions extends Jinjava {
  private static final int CACHED = 1000;

  private final ExpressionFactory expressions =
      new ExpressionFactoryImpl(
          new TreeStore(new Syntax(), new Cache(CACHED)), new PythonConversions());

  PythonExpressions(JinjavaConfig config) {
    super(config);
  }

  @Override
  public ExpressionFactory getExpressionFactory() {
    return expressions;
  }

  /** Writes what stands in double braces. */
  static ExecutionMode output() {
    return new ExecutionMode() {
      @Override
      public void prepareContext(Context context) {
        context.setExpressionStrategy(
            (token, interpreter) ->
                new RenderedOutputNode(
                    PythonText.of(
                        interpreter.resolveELExpression(token.getExpr(), token.getLineNumber()))));
      }
    };
  }

  /** Whether a condition is met; the engine takes the text {@code false} for false. */
  static boolean truth(@Nullable Object value) {
    return value instanceof String text ? !text.isEmpty() : ObjectTruthValue.evaluate(value);
  }

  private static final class PythonConversions extends TruthyTypeConverter {
    private static final long serialVersionUID = 1;

    @Override
    protected Boolean coerceToBoolean(@Nullable Object value) {
      return truth(value);
    }

    @Override
    protected String coerceToString(@Nullable Object value) {
      return PythonText.of(value);
    }
  }

  private static final class Syntax extends ExtendedSyntaxBuilder {
    private static final long serialVersionUID = 1;

    Syntax() {
      super(Feature.METHOD_INVOCATIONS, Feature.VARARGS);
    }

    @Override
    protected Parser createParser(String expression) {
      return new PythonParser(this, expression);
    }
  }

  private static final class PythonParser extends ExtendedParser {
    PythonParser(Builder context, String input) {
      super(context, input);
    }

    @Override
    protected AstBinary createAstBinary(AstNode left, AstNode right, AstBinary.Operator operator) {
      AstBinary.Operator used = operator;
      if (operator.equals(AstBinary.AND)) {
        used = PythonExpressions::and;
      } else if (operator.equals(AstBinary.EQ) || operator.equals(AstBinary.NE)) {
        used = new Equality(operator.equals(AstBinary.EQ));
      }
      return super.createAstBinary(left, right, used);
    }
  }

  private static @Nullable Object and(
      Bindings bindings, ELContext context, AstNode left, AstNode right) {
    Object first = left.eval(bindings, context);
    return truth(first) ? right.eval(bindings, context) : first;
  }

  private static final class Equality extends AstBinary.SimpleOperator {
    private final boolean wanted;

    Equality(boolean wanted) {
      this.wanted = wanted;
    }

    @Override
    protected Object apply(TypeConverter converter, @Nullable Object left, @Nullable Object right) {
      boolean none = left == PythonNone.NONE || right == PythonNone.NONE;
      boolean equal =
          none ? Objects.equals(left, right) : BooleanOperations.eq(converter, left, right);
      return equal == wanted;
    }

    @Override
    public String toString() {
      return wanted ? "==" : "!=";
    }
  }
}
