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
import io.adaspec.runtime.text.ChatTemplateException.Reason;
import io.adaspec.runtime.time.CalendarClock;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A chat template in Jinja, as model files carry it, rendered as model hubs do (blocks trimmed, one
 * trailing line break of the source dropped).
 *
 * <p>Templates are code from a model file: they see copies of plain data only ({@link
 * TemplateResolver}), load nothing, and are bounded in steps, nesting, list sizes and output.
 */
public final class JinjaChatTemplate implements ChatTemplate {
  private static final int MOST_OUTPUT = 32 << 20;
  private static final int MOST_ELEMENTS = 100_000;
  private static final int MOST_DEPTH = 60;
  private static final int MOST_MACROS = 12;
  private static final int MOST_SOURCE = 1 << 20;

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
    this.engine = new Jinjava(config(new TemplateFunctions(clock)).build());
    engine.setResourceLocator(
        (name, charset, interpreter) -> {
          throw new IOException("chat templates cannot load " + name);
        });
    engine.registerFilter(new PythonJson());
    engine.registerExpTest(new IterableTest());
    for (String filter : TemplateSource.filters(this.source)) {
      if (engine.getGlobalContext().getFilter(filter) == null) {
        throw new IllegalArgumentException("the chat template uses an unknown filter, " + filter);
      }
    }
  }

  @Override
  public String render(
      List<Map<String, Object>> messages, boolean addGenerationPrompt, Map<String, Object> extras) {
    TemplateFunctions functions = new TemplateFunctions(clock);
    Map<String, @Nullable Object> variables = TemplateValues.copy(extras);
    variables.putAll(TemplateValues.copy(Map.of("messages", messages)));
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("bos_token", bosToken);
    variables.put("eos_token", eosToken);
    variables.put("strftime_now", true); // templates ask whether it is defined
    variables.put(TemplateSource.FUNCTIONS, functions);
    JinjavaConfig stepping =
        config(functions)
            .withProcessors(
                JinjavaProcessors.newBuilder()
                    .withNodePreProcessor((node, interpreter) -> functions.step())
                    .build())
            .build();
    try {
      return checked(engine.renderForResult(source, variables, stepping), functions);
    } catch (ChatTemplateException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw failed(functions, e.toString(), e);
    }
  }

  private static String checked(RenderResult result, TemplateFunctions functions) {
    List<TemplateError> errors = result.getErrors();
    if (functions.refusal().isEmpty() && functions.failure().isEmpty() && errors.isEmpty()) {
      return result.getOutput();
    }
    if (errors.isEmpty()) {
      throw failed(functions, "", null);
    }
    TemplateError error = errors.getFirst();
    String message = "line " + error.getLineno() + ": " + error.getMessage();
    throw failed(functions, message, error.getException());
  }

  private static ChatTemplateException failed(
      TemplateFunctions functions, String message, @Nullable Throwable cause) {
    if (functions.refusal().isPresent()) {
      return new ChatTemplateException(Reason.REFUSED, functions.refusal().get());
    }
    return new ChatTemplateException(
        Reason.FAILED, "the chat template failed: " + functions.failure().orElse(message), cause);
  }

  private static JinjavaConfig.Builder config(TemplateFunctions functions) {
    return JinjavaConfig.newBuilder()
        .withLegacyOverrides(jinja2Behaviour())
        .withTrimBlocks(true)
        .withLstripBlocks(true)
        .withKeepTrailingNewline(true)
        .withNestedInterpretationEnabled(false)
        .withDisabled(
            Map.of(Context.Library.TAG, Set.of("include", "import", "from", "extends", "block")))
        .withElResolver(new TemplateResolver(functions))
        .withMaxRenderDepth(MOST_DEPTH)
        .withEnableRecursiveMacroCalls(true)
        .withMaxMacroRecursionDepth(MOST_MACROS)
        .withMaxOutputSize(MOST_OUTPUT)
        .withMaxStringLength(MOST_OUTPUT)
        .withMaxListSize(MOST_ELEMENTS)
        .withMaxMapSize(MOST_ELEMENTS)
        .withRangeLimit(MOST_ELEMENTS);
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
