package io.adaspec.runtime.text;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.util.ForLoop;
import java.beans.FeatureDescriptor;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import org.jspecify.annotations.Nullable;

/**
 * The sandbox: properties and methods that templates reach.
 *
 * <p>Data have exactly the methods of {@link PythonMethods}; only the engine's own filters, tests
 * and loop state go to its reflective resolver. Everything else is refused, so no Java class can be
 * reached from a value.
 */
final class TemplateResolver extends ELResolver {
  private static final ELResolver ENGINE = JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY;
  private static final Set<String> LOOP_PROPERTIES =
      Set.of(
          "index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0");

  /** What jinja2's loops have besides; without a word it would be nothing. */
  private static final Set<String> NEIGHBOURS = Set.of("previtem", "nextitem");

  private final TemplateBounds bounds;

  TemplateResolver(TemplateBounds bounds) {
    this.bounds = bounds;
  }

  @Override
  public @Nullable Object getValue(ELContext context, @Nullable Object base, Object property) {
    if (base instanceof ForLoop && NEIGHBOURS.contains(String.valueOf(property))) {
      bounds.fail("loop." + property + " is not supported");
    }
    Object value = find(context, base, property);
    bounds.read(value);
    return value;
  }

  private static @Nullable Object find(ELContext context, @Nullable Object base, Object property) {
    if (base == null) {
      return ENGINE.getValue(context, null, property);
    }
    if (base instanceof ForLoop && LOOP_PROPERTIES.contains(String.valueOf(property))) {
      return ENGINE.getValue(context, base, property);
    }
    context.setPropertyResolved(true);
    return switch (base) {
      case Map<?, ?> map -> map.get(String.valueOf(property));
      case List<?> list -> element(list, property);
      case String text -> character(text, property);
      default -> null;
    };
  }

  @Override
  public @Nullable Object invoke(
      ELContext context,
      @Nullable Object base,
      Object method,
      Class<?> @Nullable [] types,
      @Nullable Object[] arguments) {
    if (base instanceof Filter || base instanceof ExpTest) {
      return ENGINE.invoke(context, base, method, types, arguments);
    }
    context.setPropertyResolved(true);
    bounds.read(base);
    String name = String.valueOf(method);
    try {
      return switch (base) {
        case null -> throw new IllegalArgumentException("nothing has no method " + name);
        case TemplateFunctions own -> own.call(name, arguments);
        default -> PythonMethods.call(base, name, arguments);
      };
    } catch (IllegalArgumentException e) {
      bounds.fail(String.valueOf(e.getMessage())); // the engine swallows exceptions
      return null;
    }
  }

  private static @Nullable Object element(List<?> list, Object property) {
    int index = index(property, list.size());
    return index < 0 || index >= list.size() ? null : list.get(index);
  }

  private static @Nullable Object character(String text, Object property) {
    int index = index(property, text.length());
    return index < 0 || index >= text.length() ? null : text.substring(index, index + 1);
  }

  /** Negative indexes count from the end. */
  private static int index(Object property, int size) {
    try {
      int index = Integer.parseInt(String.valueOf(property));
      return index < 0 ? index + size : index;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  @Override
  public Class<?> getType(ELContext context, @Nullable Object base, Object property) {
    context.setPropertyResolved(true);
    return Object.class;
  }

  @Override
  public void setValue(
      ELContext context, @Nullable Object base, Object property, @Nullable Object value) {
    throw new UnsupportedOperationException("templates cannot write properties");
  }

  @Override
  public boolean isReadOnly(ELContext context, @Nullable Object base, Object property) {
    return true;
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(
      ELContext context, @Nullable Object base) {
    return Collections.emptyIterator();
  }

  @Override
  public Class<?> getCommonPropertyType(ELContext context, @Nullable Object base) {
    return Object.class;
  }
}
