package io.adaspec.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adaspec.runtime.text.ChatTemplateException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JinjaChatTemplateTest {
  private static final String GROW =
      "{% set ns = namespace(s='a') %}{% for i in range(60) %}{% set ns.s = ";

  private static final LocalDateTime NOW = LocalDateTime.of(2026, 3, 7, 9, 5, 4);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Map<String, Object>> HELLO =
      List.of(Map.of("role", "user", "content", "Hello"));

  /** {@code expected.json} was captured from jinja2 by {@code capture.py} beside it. */
  @TestFactory
  List<DynamicTest> rendersAsJinja2Does() throws IOException {
    Map<String, Map<String, Object>> conversations =
        JSON.readValue(resource("conversations.json"), new TypeReference<>() {});
    Map<String, Map<String, String>> expected =
        JSON.readValue(resource("expected.json"), new TypeReference<>() {});
    return expected.entrySet().stream()
        .map(
            entry -> {
              String[] parts = entry.getKey().split("/", -1);
              Map<String, Object> conversation =
                  Objects.requireNonNull(conversations.get(parts[1]));
              return DynamicTest.dynamicTest(
                  entry.getKey(), () -> compare(parts[0], conversation, entry.getValue()));
            })
        .toList();
  }

  private static void compare(
      String name, Map<String, Object> conversation, Map<String, String> expected)
      throws IOException {
    ChatTemplate template = template(new String(resource(name + ".jinja"), StandardCharsets.UTF_8));
    Map<String, Object> extras = new HashMap<>(conversation);
    @SuppressWarnings("unchecked")
    List<Map<String, Object>> messages =
        (List<Map<String, Object>>) Objects.requireNonNull(extras.remove("messages"));
    boolean generate = Boolean.TRUE.equals(extras.remove("add_generation_prompt"));
    String refusal = expected.get("refused");
    if (refusal != null) {
      assertThatThrownBy(() -> template.render(messages, generate, extras))
          .isInstanceOfSatisfying(
              ChatTemplateException.class, e -> assertThat(e.reason()).isEqualTo(Reason.REFUSED))
          .hasMessage(refusal);
    } else {
      assertThat(template.render(messages, generate, extras)).isEqualTo(expected.get("text"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.getClass() }}",
        "{{ ''.class }}",
        "{{ messages.getClass().forName('java.lang.Runtime') }}",
        "{{ messages[0].class.protectionDomain }}",
        "{{ adaspec_functions.getClass() }}",
        "{{ adaspec_functions.class.name }}",
        "{{ loop.class }}{% for m in messages %}{{ loop.getClass() }}{% endfor %}",
        "{% include 'application.conf' %}",
        "{% import '/etc/passwd' as x %}{{ x }}",
        "{% extends 'a' %}",
        "{{ ____int3rpr3t3r____.getConfig() }}",
        "{{ ____int3rpr3t3r____.class }}"
      })
  void reachesNothingButData(String source) {
    String text;
    try {
      text = template(source).render(HELLO, true, Map.of());
    } catch (ChatTemplateException e) {
      assertThat(e.reason()).isEqualTo(Reason.FAILED);
      return;
    }
    assertThat(text).doesNotContain("java", "class", "adaspec", "root:").isBlank();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% set x = c"
            + " %}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
        "{% set ns = namespace(s='abcdefgh') %}{% for a in range(100) %}{% set ns.s = ns.s + ns.s"
            + " %}{% endfor %}{{ ns.s }}",
        "{% for a in range(100000) %}{{ messages[0].content }}{% for b in range(100) %}x{% endfor"
            + " %}{% endfor %}",
        GROW + "ns.s.replace('a', 'aaaaaaaaaa') %}{% endfor %}{{ ns.s }}",
        GROW + "ns.s | replace('a', 'aaaaaaaaaa') %}{% endfor %}{{ ns.s }}",
        GROW + "ns.s | replace('', ns.s) %}{% endfor %}{{ ns.s }}",
        GROW + "ns.s.join([ns.s, ns.s, ns.s]) %}{% endfor %}{{ ns.s }}",
        GROW + "[ns.s, ns.s] | join(ns.s) %}{% endfor %}{{ ns.s }}",
        GROW + "[ns.s, ns.s] %}{% endfor %}{{ ns.s | tojson }}",
        GROW + "[ns.s, ns.s] %}{% endfor %}{{ ns.s | string | length }}",
        GROW + "[ns.s, ns.s] %}{% endfor %}{{ ns.s ~ 'x' }}",
        GROW + "{'a': ns.s, 'b': ns.s} %}{% endfor %}{{ ns.s == {} }}",
        GROW + "ns.s + ns.s %}{% endfor %}{{ ns.s.split('a') | length }}",
        "{% set s = namespace(s='a' | indent(64, true)) %}{% for i in range(16) %}{% set s.s = s.s"
            + " ~ s.s %}{% endfor %}{{ [s.s, s.s, s.s, s.s, s.s, s.s, s.s, s.s, s.s, s.s, s.s, s.s,"
            + " s.s, s.s, s.s, s.s, s.s] | string | length }}",
        "{% set l = [1] %}{% set _ = l.append(l) %}{{ l }}",
        "{% set l = [1] %}{% for i in range(60) %}{% set _ = l.append([l, l]) %}{% endfor %}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ range(5) | map('batch', 1000000000) | list }}"
      })
  @Timeout(60)
  void endsTemplatesThatTakeTooLong(String source) {
    assertThatThrownBy(() -> template(source).render(HELLO, true, Map.of()))
        .isInstanceOfSatisfying(
            ChatTemplateException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FAILED));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% if %}",
        "{{ 1 + }}",
        "{% unknown_tag %}",
        "{{ 'a'.nonsense() }}",
        "{{ today() }}",
        "{% cycle 'a', 'b' %}",
        "{% for m in messages %}{{ m.role }}{% else %}nobody{% endfor %}",
        "{% for m in messages %}{{ loop.previtem }}{% endfor %}",
        "{% for m in messages if nonsense( %}{% endfor %}",
        "{{ ['a'] | map('md5') | list }}",
        "{% if true %}never ends"
      })
  void tellsBrokenTemplatesFromRefusedMessages(String source) {
    assertThatThrownBy(() -> template(source).render(HELLO, true, Map.of()))
        .isInstanceOfSatisfying(
            ChatTemplateException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FAILED));
  }

  @Test
  void refusesUnknownFiltersWhenItIsMade() {
    for (String filter :
        List.of("nonsense", "center", "batch", "regex_replace", "render", "attr")) {
      assertThatThrownBy(() -> template("{{ '<|im_end|>' + messages | " + filter + " }}"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the chat template uses the filter " + filter + "; supported are");
    }
  }

  @Test
  void refusesValuesThatAreNoPlainData() {
    assertThatThrownBy(
            () -> template("{{ messages }}").render(HELLO, true, Map.of("tools", new Object())))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessageContaining("not java.lang.Object");
  }

  @Test
  void writesNumbersAsPythonDoes() {
    StringBuilder out = new StringBuilder();
    PythonJson.write(List.of(1L, 0.5, 100.0, 1e16, 1.5e-7, -0.0), -1, 0, out);
    assertThat(out).hasToString("[1, 0.5, 100.0, 1e+16, 1.5e-07, -0.0]");
  }

  private static ChatTemplate template(String source) {
    return new JinjaChatTemplate(source, "<s>", "</s>", () -> NOW);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            JinjaChatTemplateTest.class.getResourceAsStream("templates/" + name), name)) {
      return in.readAllBytes();
    }
  }
}
