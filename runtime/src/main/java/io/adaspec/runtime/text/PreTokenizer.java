package io.adaspec.runtime.text;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts text into the words within which byte-level BPE merges.
 *
 * <p>Several patterns apply one after the other, each to the pieces that the ones before left; both
 * what a pattern matches and what stands between matches is a piece. All patterns are alternatives
 * of single-character loops, which the regular-expression engine runs in linear time and without
 * recursion. Names are those of the {@code tokenizer.ggml.pre} key; the patterns are facts of the
 * models' own tokenizers.
 */
final class PreTokenizer {
  /** Receives a word as a range of the text. */
  interface WordSink {
    void word(int start, int end);
  }

  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String CL100K =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String SINGLE_DIGITS = CL100K.replace("{1,3}", "");
  private static final String THREE_DIGITS = "[0-9][0-9][0-9]";

  private static final PreTokenizer GPT2_STYLE = new PreTokenizer(false, GPT2);
  private static final PreTokenizer STARCODER_STYLE = new PreTokenizer(false, "\\p{N}", GPT2);
  private static final PreTokenizer LLAMA3_STYLE = new PreTokenizer(true, CL100K);
  private static final PreTokenizer DBRX_STYLE = new PreTokenizer(false, CL100K);
  private static final PreTokenizer QWEN2_STYLE = new PreTokenizer(false, SINGLE_DIGITS);

  private static final Map<String, PreTokenizer> BY_NAME =
      Map.ofEntries(
          Map.entry(
              "default",
              new PreTokenizer(false, "[\\p{P}$+<=>^~|]+", GPT2, "\\p{N}+", THREE_DIGITS)),
          Map.entry("gpt-2", GPT2_STYLE),
          Map.entry("phi-2", GPT2_STYLE),
          Map.entry("mpt", GPT2_STYLE),
          Map.entry("olmo", GPT2_STYLE),
          Map.entry("llama-bpe", LLAMA3_STYLE),
          Map.entry("llama3", LLAMA3_STYLE),
          Map.entry("llama-v3", LLAMA3_STYLE),
          Map.entry("dbrx", DBRX_STYLE),
          Map.entry("smaug-bpe", DBRX_STYLE),
          Map.entry("qwen2", QWEN2_STYLE),
          Map.entry("deepseek-r1-qwen", QWEN2_STYLE),
          Map.entry("stablelm2", QWEN2_STYLE),
          Map.entry("starcoder", STARCODER_STYLE),
          Map.entry("refact", STARCODER_STYLE),
          Map.entry("command-r", STARCODER_STYLE),
          Map.entry("smollm", STARCODER_STYLE),
          Map.entry("codeshell", STARCODER_STYLE),
          Map.entry("falcon", new PreTokenizer(false, "[\\p{P}$+<=>^~|`]+", GPT2, THREE_DIGITS)),
          Map.entry(
              "deepseek-coder",
              new PreTokenizer(
                  false,
                  "[\\r\\n]",
                  "\\s?\\p{L}+",
                  "\\s?\\p{P}+",
                  "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
                  "\\p{N}")));

  private final boolean wholeWordsFirst;
  private final List<Pattern> patterns;

  private PreTokenizer(boolean wholeWordsFirst, String... patterns) {
    this.wholeWordsFirst = wholeWordsFirst;
    this.patterns =
        List.of(patterns).stream()
            .map(pattern -> Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS))
            .toList();
  }

  /** The pre-tokenizer of that name. */
  static PreTokenizer named(String name) {
    PreTokenizer preTokenizer = BY_NAME.get(name);
    if (preTokenizer == null) {
      throw new IllegalArgumentException(
          "pre-tokenizer " + name + " is not supported; supported are " + names());
    }
    return preTokenizer;
  }

  /** All names, for messages. */
  static String names() {
    return String.join(", ", new TreeSet<>(BY_NAME.keySet()));
  }

  /** Whether a word that is a token is taken as it is, before any merge is tried. */
  boolean wholeWordsFirst() {
    return wholeWordsFirst;
  }

  /** Whether texts of this kind begin with BOS where the file does not say. */
  boolean addsBos() {
    return this == LLAMA3_STYLE;
  }

  /** Gives all words of a range of a text, from left to right. */
  void split(CharSequence text, int start, int end, WordSink sink) {
    Matcher[] matchers = new Matcher[patterns.size()];
    for (int i = 0; i < matchers.length; i++) {
      matchers[i] = patterns.get(i).matcher(text);
    }
    split(matchers, 0, start, end, sink);
  }

  private static void split(Matcher[] matchers, int depth, int start, int end, WordSink sink) {
    if (depth == matchers.length) {
      sink.word(start, end);
      return;
    }
    Matcher matcher = matchers[depth].region(start, end);
    int done = start;
    while (matcher.find()) {
      if (done < matcher.start()) {
        split(matchers, depth + 1, done, matcher.start(), sink);
      }
      split(matchers, depth + 1, matcher.start(), matcher.end(), sink);
      done = matcher.end();
    }
    if (done < end) {
      split(matchers, depth + 1, done, end, sink);
    }
  }
}
