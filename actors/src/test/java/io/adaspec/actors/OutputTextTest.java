package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputTextTest {
  private static OutputText output(CharTokenizer tokenizer, String... stops) {
    return new OutputText(tokenizer::streamingDecoder, List.of(stops));
  }

  private static String text(OutputText output) {
    return output.hasDeliverable() ? output.take().text() : "";
  }

  @Test
  void deliversTextAtOnceWithoutStopStrings() {
    OutputText output = output(CharTokenizer.of("ab", "c"));
    output.push(new int[] {0, 1});
    TokenEvent.Tokens tokens = output.take();
    assertThat(tokens.text()).isEqualTo("abc");
    assertThat(tokens.tokenIds().toArray()).containsExactly(0, 1);
    assertThat(output.hasDeliverable()).isFalse();
  }

  @Test
  void holdsBackABeginningOfAStopStringAcrossTokens() {
    OutputText output = output(CharTokenizer.of("say E", "N", "D", "x"), "END");
    output.push(new int[] {0});
    assertThat(text(output)).isEqualTo("say ");
    output.push(new int[] {1});
    assertThat(output.hasDeliverable()).isFalse();
    output.push(new int[] {3});
    assertThat(text(output)).isEqualTo("ENx");
  }

  @Test
  void dropsTheStopStringAndItsTokens() {
    OutputText output = output(CharTokenizer.of("a", "bE", "ND", "more"), "END");
    assertThat(output.push(new int[] {0, 1, 2, 3})).isTrue();
    TokenEvent.Tokens tokens = output.take();
    assertThat(tokens.text()).isEqualTo("ab");
    assertThat(tokens.tokenIds().toArray()).containsExactly(0, 1);
    assertThat(output.tokens()).isEqualTo(2);
    output.end();
    assertThat(output.hasDeliverable()).isFalse();
  }

  @Test
  void countsATokenOnlyWhenItsTextIsDelivered() {
    OutputText output = output(CharTokenizer.of("ab", "cd"), "dX");
    output.push(new int[] {0, 1});
    assertThat(output.deliverableTokens()).isEqualTo(1);
    assertThat(output.take().text()).isEqualTo("abc");
    output.end();
    TokenEvent.Tokens rest = output.take();
    assertThat(rest.text()).isEqualTo("d");
    assertThat(rest.tokenIds().toArray()).containsExactly(1);
    assertThat(rest.firstOutputIndex()).isEqualTo(1);
  }

  @Test
  void takesTheStopStringThatIsCompleteFirst() {
    OutputText output = output(CharTokenizer.of("xabcy"), "abc", "b");
    output.push(new int[] {0});
    assertThat(text(output)).isEqualTo("xa");
  }

  @Test
  void neverSplitsACodePoint() {
    byte[] smile = "😀".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    OutputText output = output(CharTokenizer.bytes(), "\uDE00x");
    for (byte b : smile) {
      output.push(new int[] {b & 0xFF});
      assertThat(text(output)).isEmpty();
    }
    output.push(new int[] {'y'});
    assertThat(text(output)).isEqualTo("😀y");
  }

  @Test
  void replacesAnUnfinishedCodePointAtTheEnd() {
    OutputText output = output(CharTokenizer.bytes());
    output.push(new int[] {'a', 0xF0, 0x9F});
    assertThat(text(output)).isEqualTo("a");
    output.end();
    assertThat(text(output)).isEqualTo("\uFFFD");
  }

  @Test
  void doesNotCountWhatIsHeldBackAsWaiting() {
    OutputText output = output(CharTokenizer.of("a"), "a".repeat(500));
    for (int i = 0; i < 400; i++) {
      output.push(new int[] {0});
    }
    assertThat(output.deliverableTokens()).isZero();
    output.end();
    assertThat(output.deliverableTokens()).isEqualTo(400);
  }

  /** The oracle decodes everything first and cuts at the stop string that is complete first. */
  @Test
  void equalsTheWholeTextCutAtItsStopString() {
    Random random = new Random(7);
    String[] vocabulary = {"a", "b", "ab", "ba", "é", "aab", "", "😀"};
    CharTokenizer tokenizer = CharTokenizer.of(vocabulary);
    List<String> stops = List.of("aba", "bb", "😀a");
    for (int round = 0; round < 2_000; round++) {
      int[] ids = random.ints(1 + random.nextInt(12), 0, vocabulary.length).toArray();
      OutputText output = output(tokenizer, stops.toArray(String[]::new));
      StringBuilder streamed = new StringBuilder();
      int tokens = 0;
      for (int id : ids) {
        output.push(new int[] {id});
        if (random.nextBoolean() && output.hasDeliverable()) {
          TokenEvent.Tokens event = output.take();
          assertThat(event.firstOutputIndex()).isEqualTo(tokens);
          tokens += event.tokenIds().size();
          streamed.append(event.text());
        }
      }
      output.end();
      streamed.append(text(output));
      assertThat(streamed.toString()).isEqualTo(cut(tokenizer.decode(ids), stops));
    }
  }

  private static String cut(String whole, List<String> stops) {
    for (int end = 1; end <= whole.length(); end++) {
      String seen = whole.substring(0, end);
      String longest =
          stops.stream()
              .filter(seen::endsWith)
              .reduce("", (a, b) -> b.length() > a.length() ? b : a);
      if (!longest.isEmpty()) {
        return seen.substring(0, end - longest.length());
      }
    }
    return whole;
  }
}
