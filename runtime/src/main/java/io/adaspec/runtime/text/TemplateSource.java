package io.adaspec.runtime.text;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites the few things that model hubs' Jinja has and the template engine has not; the meaning
 * stays. All of it takes time linear in the source, whatever it is: repetitions are possessive, and
 * those of groups or across brackets and quotes are bounded.
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
      "((?:\\w++|'[^']{0,128}+'|\"[^\"]{0,128}+\")"
          + "(?:\\.\\w++|\\[[^\\]]{0,64}+\\]){0,16}+(?:\\s*+\\|\\s*+\\w++){0,16}+)";

  /** {@code not} binds more loosely than tests and comparisons in Jinja, more tightly here. */
  private static final Pattern NOT_IS =
      Pattern.compile("\\bnot\\s++" + OPERAND + "\\s++is\\s++(?!not\\b)");

  private static final Pattern NOT_IN = Pattern.compile("\\bnot\\s++" + OPERAND + "\\s++in\\b");
  private static final Pattern NOT_EQUAL = Pattern.compile("\\bnot\\s++" + OPERAND + "\\s*+==");

  private static final Pattern TAG_BEGIN = Pattern.compile("\\{[{%]");
  private static final Pattern TAG_END = Pattern.compile("[}%]\\}");
  private static final Pattern FILTER = Pattern.compile("\\|\\s*+(\\w++)");

  private TemplateSource() {}

  /** Names of all filters that a template applies. */
  static Set<String> filters(String source) {
    Set<String> names = new HashSet<>();
    Matcher begin = TAG_BEGIN.matcher(source);
    Matcher end = TAG_END.matcher(source);
    int at = 0;
    while (begin.find(at) && end.find(begin.end())) {
      String tag = withoutLiterals(source.substring(begin.end(), end.start()));
      FILTER.matcher(tag).results().forEach(filter -> names.add(filter.group(1)));
      at = end.end();
    }
    return names;
  }

  /** A tag with empty literals; a quote that nothing closes is left with what follows. */
  private static String withoutLiterals(String tag) {
    StringBuilder out = new StringBuilder(tag.length());
    String open = "'\"";
    for (int at = 0; at < tag.length(); at++) {
      char c = tag.charAt(at);
      out.append(c);
      if (open.indexOf(c) >= 0) {
        int end = literalEnd(tag, at);
        if (end < 0) {
          open = open.replace(String.valueOf(c), "");
        } else {
          out.append(c);
          at = end;
        }
      }
    }
    return out.toString();
  }

  /** Where the quote at {@code start} is closed; −1 if it is not. */
  private static int literalEnd(String tag, int start) {
    for (int at = start + 1; at < tag.length(); at++) {
      if (tag.charAt(at) == tag.charAt(start)) {
        return at;
      }
      at += tag.charAt(at) == '\\' ? 1 : 0;
    }
    return -1;
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
