package io.adaspec.runtime.text;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Rewrites the few things that model hubs' Jinja has and the template engine has not; the meaning
 * stays.
 */
final class TemplateSource {
  /** The variable that holds {@link TemplateFunctions}. */
  static final String FUNCTIONS = "adaspec_functions";

  /** The method that stands for the slice {@code [::-1]}. */
  static final String REVERSED = "reversed_by_slice";

  private static final Pattern FUNCTION_CALL =
      Pattern.compile("(?<![\\w.])(raise_exception|strftime_now)\\s*\\(");
  private static final Pattern REVERSING_SLICE = Pattern.compile("\\[\\s*:\\s*:\\s*-1\\s*\\]");
  private static final Pattern GENERATION = Pattern.compile("\\{%(-?)\\s*generation\\s*(-?)%\\}");
  private static final Pattern END_GENERATION =
      Pattern.compile("\\{%(-?)\\s*endgeneration\\s*(-?)%\\}");

  private static final String OPERAND =
      "((?:\\w+|'[^']*'|\"[^\"]*\")(?:\\.\\w+|\\[[^\\]]*\\])*(?:\\s*\\|\\s*\\w+)*)";

  /** {@code not} binds more loosely than tests and comparisons in Jinja, more tightly here. */
  private static final Pattern NOT_IS =
      Pattern.compile("\\bnot\\s+" + OPERAND + "\\s+is\\s+(?!not\\b)");

  private static final Pattern NOT_IN = Pattern.compile("\\bnot\\s+" + OPERAND + "\\s+in\\b");
  private static final Pattern NOT_EQUAL = Pattern.compile("\\bnot\\s+" + OPERAND + "\\s*==");

  private static final Pattern TAG = Pattern.compile("\\{[{%].*?[}%]\\}", Pattern.DOTALL);
  private static final Pattern LITERAL =
      Pattern.compile("'(?:[^'\\\\]|\\\\.)*+'|\"(?:[^\"\\\\]|\\\\.)*+\"");
  private static final Pattern FILTER = Pattern.compile("\\|\\s*(\\w+)");

  private TemplateSource() {}

  /** Names of all filters that a template applies. */
  static Set<String> filters(String source) {
    return TAG.matcher(source)
        .results()
        .map(tag -> LITERAL.matcher(tag.group()).replaceAll("''"))
        .flatMap(tag -> FILTER.matcher(tag).results())
        .map(filter -> filter.group(1))
        .collect(Collectors.toSet());
  }

  static String rewrite(String source) {
    String text = source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
    text = FUNCTION_CALL.matcher(text).replaceAll(FUNCTIONS + ".$1(");
    text = REVERSING_SLICE.matcher(text).replaceAll("." + REVERSED + "()");
    text = NOT_IS.matcher(text).replaceAll("$1 is not ");
    text = NOT_IN.matcher(text).replaceAll("$1 not in");
    text = NOT_EQUAL.matcher(text).replaceAll("$1 !=");
    text = GENERATION.matcher(text).replaceAll("{%$1 if true $2%}");
    return END_GENERATION.matcher(text).replaceAll("{%$1 endif $2%}");
  }
}
