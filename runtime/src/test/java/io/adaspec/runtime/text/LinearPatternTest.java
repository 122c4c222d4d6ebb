package io.adaspec.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which regular expressions a tokenizer.json may have. */
final class LinearPatternTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s+",
        "(?:'[sS]|'[tT]|'[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+|\\s*+[\\r\\n]",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r"
            + "\\n"
            + "\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+",
        "\\s?[!-/:-~\uff01-\uff0f\u3000-\u3002]+",
        "[\u4e00-\u9fa5\u3040-\u309f]+",
        "\\s+$",
        "[0-9][0-9][0-9]",
        "\\d{1,3}(?=(?:\\d{3})\\b)",
        " ",
        "[[:alpha:]&&[^a-f]]+"
      })
  void acceptsWhatModelsUse(String pattern) {
    assertThat(LinearPattern.require(pattern)).isEqualTo(pattern);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+b",
        "(a|a)*b",
        "(a?){30}",
        "a*a*b",
        "a*(a*)b",
        "(a*a*)a*",
        "a{2,}a{2,}a",
        "a?a?a?a?a?a?a?a?a?aaaaaaaaa",
        "(?:a*)(?:a*)(?=b)",
        "a+?a+?$",
        "(a)\\1*",
        "(?<name>a)\\k<name>",
        "(?(1)a|b)",
        "(?~abc)",
        "a{1,99}",
        "a{3,1}",
        "a{1,999999999999}",
        "a**",
        "*a",
        "[a",
        "[[a]",
        "(a",
        "a)",
        "\\",
        "\\p{L",
        ""
      })
  void refusesWhatMayTakeLongAndWhatIsBroken(String pattern) {
    assertThatThrownBy(() -> LinearPattern.require(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not supported");
  }
}
