package io.adaspec.runtime.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import io.adaspec.runtime.text.ChatTemplateException.Reason;
import io.adaspec.runtime.time.CalendarClock;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A chat template in Jinja, as model files carry it, rendered as model hubs do (blocks trimmed, one
 * trailing line break of the source dropped).
 *
 * <p>Templates are code from a model file: they see copies of plain data only ({@link
 * TemplateResolver}), load nothing, use the filters of {@link TemplateFilters} and no others, and
 * are bounded in steps, time, nesting and the size of every value ({@link TemplateBounds}).
 */
public final class JinjaChatTemplate implements ChatTemplate {
  private static final int MOST_DEPTH = 60;
  private static final int MOST_MACROS = 12;
  private static final int MOST_SOURCE = 1 << 18;

  /** What the engine has and jinja2 has not, or what may take too much. */
  private static final Map<Context.Library, Set<String>> DISABLED = disabled();

  private final String source;
  private final String bosToken;
  private final String eosToken;
  private final CalendarClock clock;
  private final Jinjava engine;

  /**
   * A template.
   *
   * @param source its text
   * @param bosToken value of {@code bos_token}
   * @param eosToken value of {@code eos_token}
   * @param clock what {@code strftime_now} shows
   */
  public JinjaChatTemplate(String source, String bosToken, String eosToken, CalendarClock clock) {
    if (source.length() > MOST_SOURCE) {
      throw new IllegalArgumentException(
          "the chat template has "
              + source.length()
              + " characters; at most "
              + MOST_SOURCE
              + " are accepted");
    }
    this.source = TemplateSource.rewrite(source);
    this.bosToken = bosToken;
    this.eosToken = eosToken;
    this.clock = clock;
    this.engine = new PythonExpressions(config(new TemplateBounds(clock)).build());
    engine.setResourceLocator(
        (name, charset, interpreter) -> {
          throw new IOException("chat templates cannot load " + name);
        });
    TemplateFilters.own().forEach(engine::registerFilter);
    engine.registerExpTest(new IterableTest());
    engine.registerExpTest(new NoneTest());
    engine.registerTag(new LoopTag());
    engine.registerTag(new ConditionTag());
    for (String filter : TemplateSource.filters(this.source)) {
      if (!TemplateFilters.names().contains(filter)) {
        throw new IllegalArgumentException(
            "the chat template uses the filter "
                + filter
                + "; supported are "
                + new TreeSet<>(TemplateFilters.names()));
      }
    }
  }

  @Override
  public String render(
      List<Map<String, Object>> messages, boolean addGenerationPrompt, Map<String, Object> extras) {
    TemplateBounds bounds = new TemplateBounds(clock);
    TemplateFunctions functions = new TemplateFunctions(clock, bounds);
    Map<String, Object> variables = TemplateValues.copy(extras);
    variables.putAll(TemplateValues.copy(Map.of("messages", messages)));
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("bos_token", bosToken);
    variables.put("eos_token", eosToken);
    variables.put("none", PythonNone.NONE);
    variables.put("None", PythonNone.NONE);
    variables.put("strftime_now", true); // templates ask whether it is defined
    variables.put(TemplateSource.FUNCTIONS, functions);
    JinjavaConfig stepping =
        config(bounds)
            .withProcessors(
                JinjavaProcessors.newBuilder()
                    .withNodePreProcessor((node, interpreter) -> bounds.step())
                    .withNodePostProcessor((node, interpreter) -> weigh(node, interpreter, bounds))
                    .build())
            .build();
    try {
      return checked(engine.renderForResult(source, variables, stepping), functions, bounds);
    } catch (ChatTemplateException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw failed(functions, bounds, e.toString(), e);
    }
  }

  /** What a set tag has given to variables. */
  private static void weigh(Node node, JinjavaInterpreter interpreter, TemplateBounds bounds) {
    if (node instanceof TagNode tag && tag.getName().equals("set")) {
      for (String target : tag.getHelpers().split("=", 2)[0].split(",", -1)) {
        bounds.keep(interpreter.getContext().get(target.split("[.|]", 2)[0].strip()));
      }
    }
  }

  private static String checked(
      RenderResult result, TemplateFunctions functions, TemplateBounds bounds) {
    List<TemplateError> errors = result.getErrors();
    if (bounds.failure().isEmpty() && errors.isEmpty()) {
      return result.getOutput();
    }
    if (errors.isEmpty()) {
      throw failed(functions, bounds, "", null);
    }
    TemplateError error = errors.getFirst();
    String message = "line " + error.getLineno() + ": " + error.getMessage();
    throw failed(functions, bounds, message, error.getException());
  }

  private static ChatTemplateException failed(
      TemplateFunctions functions,
      TemplateBounds bounds,
      String message,
      @Nullable Throwable cause) {
    if (functions.refusal().isPresent()) {
      return new ChatTemplateException(Reason.REFUSED, functions.refusal().get());
    }
    return new ChatTemplateException(
        Reason.FAILED, "the chat template failed: " + bounds.failure().orElse(message), cause);
  }

  private static JinjavaConfig.Builder config(TemplateBounds bounds) {
    return JinjavaConfig.newBuilder()
        .withLegacyOverrides(jinja2Behaviour())
        .withExecutionMode(PythonExpressions.output())
        .withTrimBlocks(false) // TemplateSource does both
        .withLstripBlocks(false)
        .withKeepTrailingNewline(true)
        .withNestedInterpretationEnabled(false)
        .withDisabled(DISABLED)
        .withElResolver(new TemplateResolver(bounds))
        .withMaxRenderDepth(MOST_DEPTH)
        .withEnableRecursiveMacroCalls(true)
        .withMaxMacroRecursionDepth(MOST_MACROS)
        .withMaxOutputSize(TemplateBounds.MOST_TEXT)
        .withMaxStringLength(TemplateBounds.MOST_TEXT)
        .withMaxListSize(TemplateBounds.MOST_ELEMENTS)
        .withMaxMapSize(TemplateBounds.MOST_ELEMENTS)
        .withRangeLimit(TemplateBounds.MOST_ELEMENTS);
  }

  private static Map<Context.Library, Set<String>> disabled() {
    Context everything = new Jinjava().getGlobalContext();
    Set<String> filters = new HashSet<>();
    everything.getAllFilters().forEach(filter -> filters.add(filter.getName()));
    filters.removeAll(TemplateFilters.names());
    Set<String> functions = new HashSet<>();
    everything.getAllFunctions().forEach(function -> functions.add(function.getName()));
    functions.removeIf(name -> name.startsWith("fn:"));
    functions.removeAll(Set.of(":namespace", ":range"));
    return Map.of(
        Context.Library.TAG,
        Set.of("include", "import", "from", "extends", "block", "cycle", "ifchanged", "unless"),
        Context.Library.FILTER,
        Set.copyOf(filters),
        Context.Library.FUNCTION,
        Set.copyOf(functions));
  }

  private static LegacyOverrides jinja2Behaviour() {
    return LegacyOverrides.newBuilder()
        .withEvaluateMapKeys(true)
        .withIterateOverMapKeys(true)
        .withUsePyishObjectMapper(true)
        .withUseSnakeCasePropertyNaming(true)
        .withUseNaturalOperatorPrecedence(true)
        .withParseWhitespaceControlStrictly(true)
        .withAllowAdjacentTextNodes(true)
        .withUseTrimmingForNotesAndExpressions(true)
        .withKeepNullableLoopValues(true)
        .withHandleBackslashInQuotesOnly(true)
        .withDefaultKeepTrailingNewlineBehavior(true)
        .build();
  }

  /** What is undefined is not none. */
  private static final class NoneTest implements ExpTest {
    @Override
    public String getName() {
      return "none";
    }

    @Override
    public boolean evaluate(
        @Nullable Object value, JinjavaInterpreter interpreter, Object... arguments) {
      return value == PythonNone.NONE;
    }
  }

  /** Texts are iterable in Python. */
  private static final class IterableTest implements ExpTest {
    @Override
    public String getName() {
      return "iterable";
    }

    @Override
    public boolean evaluate(
        @Nullable Object value, JinjavaInterpreter interpreter, Object... arguments) {
      return value instanceof Iterable<?> || value instanceof Map<?, ?> || value instanceof String;
    }
  }
}
