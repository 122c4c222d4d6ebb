package io.adaspec.runtime.text;

/**
 * Refuses regular expressions that may backtrack more than linearly in the length of a text.
 *
 * <p>The native tokenizers library ends the whole process when a search exceeds its limit of
 * backtracking steps, so no expression may come near it. Accepted are alternatives in which
 *
 * <ul>
 *   <li>only single characters and classes are repeated, groups are at most optional;
 *   <li>at most two repetitions have no upper bound, and nothing that must match follows the second
 *       (nothing can fail there, so the two never share a run of characters in several ways);
 *   <li>at most {@value #MOST_BOUNDED} repetitions have an upper bound, each of at most {@value
 *       #MOST_COUNT}; there are no back references, conditions or absent operators.
 * </ul>
 *
 * The pre-tokenizers of the published model families are all of this kind.
 */
final class LinearPattern {
  private static final int MOST_LENGTH = 4096;
  private static final int MOST_DEPTH = 16;
  private static final int MOST_BOUNDED = 8;
  private static final int MOST_COUNT = 64;

  private final String pattern;
  private int at;

  private LinearPattern(String pattern) {
    this.pattern = pattern;
  }

  /**
   * Returns the expression if it is of that kind.
   *
   * @throws IllegalArgumentException if it is not
   */
  static String require(String pattern) {
    if (pattern.isEmpty() || pattern.length() > MOST_LENGTH) {
      throw new IllegalArgumentException(
          "a regular expression of "
              + pattern.length()
              + " characters is not supported; 1 to "
              + MOST_LENGTH
              + " are");
    }
    LinearPattern check = new LinearPattern(pattern);
    check.alternatives(0);
    if (check.at < pattern.length()) {
      throw check.refusal("an unopened )");
    }
    return pattern;
  }

  /** What one alternative has repeated so far. */
  private static final class Repetitions {
    private int unbounded;
    private int bounded;

    /** Adds another alternative's, of a group within this one. */
    void add(Repetitions inner) {
      unbounded += inner.unbounded;
      bounded += inner.bounded;
    }

    void keepLarger(Repetitions other) {
      unbounded = Math.max(unbounded, other.unbounded);
      bounded = Math.max(bounded, other.bounded);
    }
  }

  private Repetitions alternatives(int depth) {
    if (depth > MOST_DEPTH) {
      throw refusal("groups nested more than " + MOST_DEPTH + " deep");
    }
    Repetitions most = new Repetitions();
    do {
      most.keepLarger(alternative(depth));
    } while (skip('|'));
    return most;
  }

  private Repetitions alternative(int depth) {
    Repetitions seen = new Repetitions();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      boolean group = pattern.charAt(at) == '(';
      int unboundedBefore = seen.unbounded;
      if (group) {
        seen.add(group(depth));
      } else {
        element();
      }
      boolean optional = quantifier(group, seen);
      if (unboundedBefore >= 2 && !optional) {
        throw refusal("something that must match behind two unbounded repetitions");
      }
      if (seen.unbounded > 2 || seen.bounded > MOST_BOUNDED) {
        throw refusal("too many repetitions in one alternative");
      }
    }
    return seen;
  }

  private Repetitions group(int depth) {
    at++;
    if (skip('?')) {
      while (at < pattern.length() && "imsx-".indexOf(pattern.charAt(at)) >= 0) {
        at++;
      }
      boolean behind = skip('<');
      if (!skip(':') && !skip('=') && !skip('!') && (behind || !skip('>'))) {
        throw refusal("a group of an unknown kind");
      }
    }
    Repetitions inner = alternatives(depth + 1);
    if (!skip(')')) {
      throw refusal("an unclosed group");
    }
    return inner;
  }

  /** One character, class or anchor. */
  private void element() {
    char c = pattern.charAt(at++);
    if (c == '[') {
      characterClass();
    } else if (c == '\\') {
      escape();
    } else if ("*+?{".indexOf(c) >= 0) {
      throw refusal("a repetition of nothing");
    }
  }

  private void escape() {
    if (at == pattern.length()) {
      throw refusal("an unfinished escape");
    }
    char c = pattern.charAt(at++);
    if ((c >= '1' && c <= '9') || "kgKRXyY".indexOf(c) >= 0) {
      throw refusal("\\" + c);
    }
    if ((c == 'p' || c == 'P' || c == 'x') && skip('{')) {
      at = pattern.indexOf('}', at) + 1;
      if (at == 0) {
        throw refusal("an unclosed {");
      }
    }
  }

  private void characterClass() {
    int depth = 1;
    skip('^');
    skip(']');
    while (depth > 0) {
      if (at == pattern.length() || depth > MOST_DEPTH) {
        throw refusal("an unclosed [");
      }
      char c = pattern.charAt(at++);
      depth += c == '[' ? 1 : c == ']' ? -1 : 0;
      if (c == '\\') {
        at++;
      }
    }
  }

  /** Reads what is behind an element; returns whether the element need not match. */
  private boolean quantifier(boolean group, Repetitions seen) {
    char c = at < pattern.length() ? pattern.charAt(at) : ' ';
    if ("?*+{".indexOf(c) < 0) {
      return false;
    }
    at++;
    boolean optional = c != '+';
    if (group && c != '?') {
      throw refusal("a repeated group");
    }
    if (c == '*' || c == '+') {
      seen.unbounded++;
    } else {
      seen.bounded++;
    }
    if (c == '{') {
      optional = bounds(seen);
    }
    if (at < pattern.length() && "?+".indexOf(pattern.charAt(at)) >= 0) {
      at++; // lazy or possessive
    }
    if (at < pattern.length() && "?*+{".indexOf(pattern.charAt(at)) >= 0) {
      throw refusal("a repeated repetition");
    }
    return optional;
  }

  private boolean bounds(Repetitions seen) {
    int end = pattern.indexOf('}', at);
    String[] bounds = pattern.substring(at, Math.max(at, end)).split(",", -1);
    boolean open = bounds.length == 2 && bounds[1].isEmpty();
    int least = count(bounds[0]);
    if (bounds.length > 2 || (!open && count(bounds[bounds.length - 1]) < least)) {
      throw refusal("bounds out of order");
    }
    at = end + 1;
    seen.unbounded += open ? 1 : 0;
    return least == 0;
  }

  private int count(String digits) {
    if (!digits.matches("[0-9]{1,2}") || Integer.parseInt(digits) > MOST_COUNT) {
      throw refusal("a repetition of {" + digits + "}; at most " + MOST_COUNT + " are possible");
    }
    return Integer.parseInt(digits);
  }

  private boolean skip(char c) {
    boolean there = at < pattern.length() && pattern.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private IllegalArgumentException refusal(String what) {
    return new IllegalArgumentException(
        "the regular expression "
            + pattern
            + " is not supported: it has "
            + what
            + " before character "
            + at
            + ", so that searching might take more than linear time");
  }
}
