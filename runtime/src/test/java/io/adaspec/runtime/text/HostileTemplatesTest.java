package io.adaspec.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long templates that are made to take long: bounded time, and no error but their own. */
@Timeout(20)
final class HostileTemplatesTest {
  private static final int MOST = 1 << 18;
  private static final LocalDateTime NOW = LocalDateTime.of(2026, 3, 7, 9, 5, 4);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{",
        "{%",
        "{{ x |",
        "{{ \\'",
        "{{ '",
        "\\'",
        "{{ '\\'",
        "not a[",
        "not a.",
        "not 'a",
        "not a |",
        "{% if not a[",
        "{{ not not ",
        "{%- generation",
        "raise_exception ",
        "[ : ",
        "{#",
        "((((",
        " ",
        "a"
      })
  void ofWhateverPieceTakesBoundedTime(String piece) {
    for (String source :
        List.of(repeated(piece, ""), repeated("{{ " + piece, ""), "{{ " + repeated(piece, " }}"))) {
      Set<String> filters = TemplateSource.filters(TemplateSource.rewrite(source));
      assertThat(filters).hasSizeLessThan(3);
    }
  }

  @Test
  void literalsMayBeLong() {
    String literal = "x|nonsense(".repeat(20_000);
    assertThat(TemplateSource.filters("{{ '" + literal + "' | trim }}")).containsExactly("trim");
  }

  @Test
  void beyondTheBoundTheyAreRefused() {
    assertThatThrownBy(() -> new JinjaChatTemplate("{{".repeat(1 << 19), "<s>", "</s>", () -> NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1048576 characters; at most 262144");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{{", "{% if x %}", "{{ '\\'", "(((("})
  void areRenderedOrRefusedInBoundedTime(String piece) {
    ChatTemplate template =
        new JinjaChatTemplate(repeated("{{ " + piece, ""), "<s>", "</s>", () -> NOW);
    try {
      assertThat(template.render(List.of(), true, Map.of())).isNotNull();
    } catch (ChatTemplateException e) {
      assertThat(e).message().isNotBlank();
    }
  }

  private static String repeated(String piece, String end) {
    return piece.repeat((MOST - end.length() - 3) / piece.length()) + end;
  }
}
