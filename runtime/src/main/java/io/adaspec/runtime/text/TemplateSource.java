package io.adaspec.runtime.text;

import static java.util.regex.Matcher.quoteReplacement;

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

  /** Of Jinja's {@code lstrip_blocks}; the engine's takes spaces from the ends of words too. */
  private static final Pattern INDENTED_BLOCK = Pattern.compile("(?m)^[ \\t]++(?=\\{[%#](?![-+]))");

  /** Of {@code trim_blocks}. */
  private static final Pattern BLOCK_AND_BREAK = Pattern.compile("(?<![-+])([%#]\\})\\n");

  private static final Pattern KEPT_BEFORE = Pattern.compile("\\{([%#])\\+");
  private static final Pattern KEPT_BEHIND = Pattern.compile("\\+([%#])\\}");

  private static final Pattern NAMESPACE = Pattern.compile("\\bnamespace\\([^()]{0,1024}+\\)");

  /** A sum after the {@code =} of an argument is the argument's here only in brackets. */
  private static final Pattern NAMED_SUM =
      Pattern.compile("(\\w++\\s*+=\\s*+)(" + OPERAND + "(?:\\s*+[-+]\\s*+" + OPERAND + "){1,8}+)");

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

  /** Where a word stands outside of literals and brackets; −1 if it does not. */
  static int topLevelWord(String tag, String word) {
    String open = "'\"";
    int depth = 0;
    for (int at = 0; at < tag.length(); at++) {
      char c = tag.charAt(at);
      if (open.indexOf(c) >= 0) {
        int end = literalEnd(tag, at);
        open = end < 0 ? open.replace(String.valueOf(c), "") : open;
        at = Math.max(at, end);
      } else if (depth == 0 && isWord(tag, at, word)) {
        return at;
      }
      depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
    }
    return -1;
  }

  private static boolean isWord(String tag, int at, String word) {
    int end = at + word.length();
    return tag.startsWith(word, at)
        && (at == 0 || !Character.isJavaIdentifierPart(tag.charAt(at - 1)))
        && (end >= tag.length() || !Character.isJavaIdentifierPart(tag.charAt(end)));
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
    String text = source.replace("\r\n", "\n").replace('\r', '\n');
    text = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    text = INDENTED_BLOCK.matcher(text).replaceAll("");
    text = BLOCK_AND_BREAK.matcher(text).replaceAll("$1");
    text = KEPT_BEFORE.matcher(text).replaceAll("{$1");
    text = KEPT_BEHIND.matcher(text).replaceAll("$1}");
    text = FUNCTION_CALL.matcher(text).replaceAll(FUNCTIONS + ".$1(");
    text = REVERSING_SLICE.matcher(text).replaceAll("." + REVERSED + "()");
    text = NOT_IS.matcher(text).replaceAll("$1 is not ");
    text = NOT_IN.matcher(text).replaceAll("$1 not in");
    text = NOT_EQUAL.matcher(text).replaceAll("$1 !=");
    text =
        NAMESPACE
            .matcher(text)
            .replaceAll(
                call -> quoteReplacement(NAMED_SUM.matcher(call.group()).replaceAll("$1($2)")));
    text = GENERATION.matcher(text).replaceAll("{%$1 if true $2%}");
    return END_GENERATION.matcher(text).replaceAll("{%$1 endif $2%}");
  }
}
