package io.adaspec.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both kinds of tokenizers on vocabularies of a few hundred tokens. */
final class TokenizersTest {
  private static final String LADDER = "\ud83e\ude9c";

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "gpt-2;I've 123 x\\n\\n y;I|'ve| 123| x|\\n\\n| y",
        "gpt-2;I'VE  two;I|'|VE| | two",
        "llama-bpe;I'VE 12345  x!?\\n\\nDone;I|'VE| |123|45| | x|!?\\n\\n|Done",
        "qwen2;a 12\\n \\nb;a| |1|2|\\n \\n|b",
        "starcoder;a12 3;a|1|2| |3",
        "falcon;a1234+b;a|123|4|+|b",
        "default;a1234|+b;a|123|4|+|b",
        "deepseek-coder;if x==1:\\n;if| x|==|1|:|\\n"
      })
  void cutsTextAsTheModelsDo(String name, String escaped, String expected) {
    String text = escaped.replace("\\n", "\n").replace("|", "");
    List<String> words = new ArrayList<>();
    PreTokenizer.named(name)
        .split(text, 0, text.length(), (from, to) -> words.add(text.substring(from, to)));
    assertThat(words).containsExactly(expected.replace("\\n", "\n").split("\\|", -1));
  }

  @Test
  void byteLevelMergesInTheOrderOfTheList() {
    Tokenizer tokenizer = byteLevel("gpt-2");
    assertThat(names(tokenizer, "hello hell")).containsExactly("hello", "\u0120", "hell");
    assertThat(names(tokenizer, "hhe")).containsExactly("h", "he");
    assertThat(names(tokenizer, "lll")).containsExactly("ll", "l");
    assertThat(tokenizer.encode("", true, true)).isEmpty();
  }

  @Test
  void byteLevelExpressesEveryByte() {
    Tokenizer tokenizer = byteLevel("gpt-2");
    String text = "\u0000\u007f\u0085\u00a0\u00ad \u00e9\u4e2d" + LADDER + "\r\n\t";
    int[] ids = tokenizer.encode(text, false, false);
    assertThat(ids).hasSameSizeAs(Utf8.of(text));
    assertThat(tokenizer.decode(ids)).isEqualTo(text);
  }

  @Test
  void sentencePieceMergesTheBestScoreFirst() {
    Tokenizer tokenizer = sentencePiece(true);
    assertThat(names(tokenizer, "abc")).containsExactly("\u2581", "abc");
    assertThat(names(tokenizer, "a ab")).containsExactly("\u2581a", "\u2581", "ab");
    assertThat(names(tokenizer, "\u00e9")).containsExactly("\u2581", "<0xC3>", "<0xA9>");
  }

  @Test
  void aSpaceInFrontIsAddedAndRemoved() {
    Tokenizer tokenizer = sentencePiece(true);
    assertThat(tokenizer.decode(tokenizer.encode("ab", true, false))).isEqualTo("ab");
    assertThat(tokenizer.decode(tokenizer.encode(" ab", true, false))).isEqualTo(" ab");
    int[] prompt = tokenizer.encode("ab", true, false);
    int[] more = tokenizer.encode("a", false, false);
    StreamingDecoder stream = tokenizer.streamingDecoder(prompt);
    assertThat(stream.push(more[0])).isEqualTo(" a");
    StreamingDecoder first = tokenizer.streamingDecoder(new int[] {1});
    assertThat(first.push(more[0])).isEqualTo("a");
  }

  @Test
  void whatCannotBeExpressedBecomesOneUnknownToken() {
    Tokenizer tokenizer = sentencePiece(false);
    assertThat(names(tokenizer, "a\u00e9\u00e9a")).containsExactly("\u2581a", "<unk>", "a");
  }

  @Test
  void bosFollowsTheRuleOfTheFile() {
    assertThat(sentencePiece(true).encode("a", true, false)[0]).isEqualTo(1);
    assertThat(sentencePiece(true).encode("a", false, false)[0]).isNotEqualTo(1);
    Tokenizer gpt2 = byteLevel("gpt-2");
    assertThat(gpt2.encode("a", true, false)).containsExactly(gpt2.encode("a", false, false));
    Tokenizer llama3 = byteLevel("llama-bpe");
    assertThat(llama3.encode("a", true, false)[0]).isEqualTo(llama3.bosId().orElseThrow());
  }

  @Test
  void namesOfControlTokensAreTextUnlessTheyAreParsed() {
    Tokenizer tokenizer = byteLevel("gpt-2");
    int end = tokenizer.bosId().orElseThrow();
    assertThat(tokenizer.encode("h<|im_end|>h", false, true)).contains(end).hasSize(3);
    assertThat(tokenizer.encode("h<|im_end|>h", false, false)).doesNotContain(end);
    assertThat(tokenizer.eosIds()).containsExactly(end);
    assertThat(tokenizer.isSpecial(end)).isTrue();
    assertThat(tokenizer.tokenBytes(end)).isEmpty();
    assertThat(tokenizer.decode(new int[] {end, 0, end})).isEqualTo(tokenizer.tokenName(0));
  }

  @Test
  void textOfTheModelNeverMakesControlTokensByMerging() {
    Tokenizer tokenizer = sentencePiece(true);
    assertThat(tokenizer.encode("<s></s>", false, false)).doesNotContain(1, 2);
  }

  @Test
  void idsBehindTheVocabularyDecodeToNothing() {
    Tokenizer tokenizer = sentencePiece(true);
    assertThat(tokenizer.tokenBytes(1_000_000)).isEmpty();
    assertThat(tokenizer.tokenBytes(-1)).isEmpty();
    assertThat(tokenizer.decode(new int[] {1_000_000, -7})).isEmpty();
    assertThat(tokenizer.isSpecial(1_000_000)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void streamsEqualTheWholeForAnyTokens(boolean bytes) {
    Tokenizer tokenizer = bytes ? byteLevel("gpt-2") : sentencePiece(true);
    SplittableRandom random = new SplittableRandom(11);
    for (int round = 0; round < 3000; round++) {
      int[] ids = random.ints(random.nextInt(12), 0, tokenizer.vocabularySize()).toArray();
      StringBuilder streamed = new StringBuilder();
      StreamingDecoder decoder = tokenizer.streamingDecoder();
      for (int id : ids) {
        String piece = decoder.push(id);
        assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
            .isTrue();
        streamed.append(piece);
      }
      streamed.append(decoder.flush());
      assertThat(streamed).hasToString(tokenizer.decode(ids)).hasToString(plain(tokenizer, ids));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "\n", "hello ", "<|im_end|", "'", "1", "\u4e2d"})
  void longInputsTakeLinearTime(String piece) {
    String text = piece.repeat(600_000 / piece.length());
    for (Tokenizer tokenizer :
        List.of(byteLevel("llama-bpe"), byteLevel("default"), sentencePiece(true))) {
      int[] ids =
          Assertions.assertTimeoutPreemptively(
              Duration.ofSeconds(60), () -> tokenizer.encode(text, false, true));
      assertThat(ids.length).isGreaterThan(60_000);
    }
  }

  @Test
  void loneSurrogatesBecomeReplacementCharacters() {
    for (Tokenizer tokenizer : List.of(byteLevel("gpt-2"), sentencePiece(true))) {
      assertThat(tokenizer.decode(tokenizer.encode("a\ud83e", false, false))).isEqualTo("a\ufffd");
    }
  }

  @Test
  void vocabulariesThatDoNotFitTogetherAreRefused() {
    assertRefused(spec("llama", List.of("a"), List.of(TokenKind.NORMAL), 2), "1 tokens, but 2");
    assertRefused(spec("bert", List.of("a"), List.of(TokenKind.NORMAL), 1), "bert is not");
    assertRefused(spec("llama", List.of("<0x-1>"), List.of(TokenKind.BYTE), 1), "not like <0x0A>");
    assertThatThrownBy(() -> spec("llama", List.of("a"), List.of(), 1))
        .hasMessageContaining("1 tokens, but 0 token types");
    assertThatThrownBy(() -> PreTokenizer.named("mystery"))
        .hasMessageContaining("mystery is not supported; supported are")
        .hasMessageContaining("default, falcon, gpt-2, llama-bpe");
  }

  private static void assertRefused(VocabularySpec spec, String message) {
    assertThatThrownBy(() -> Tokenizers.of(spec))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  /** The whole decoded the plain way: all bytes, then one conversion. */
  private static String plain(Tokenizer tokenizer, int[] ids) {
    Utf8 all = new Utf8();
    for (int id : ids) {
      all.append(tokenizer.tokenBytes(id));
    }
    boolean drop =
        tokenizer.tokenName(0).equals("<unk>") && all.size() > 0 && all.bytes()[0] == ' ';
    byte[] bytes = Arrays.copyOfRange(all.bytes(), drop ? 1 : 0, all.size());
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static List<String> names(Tokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text, false, false))
        .mapToObj(tokenizer::tokenName)
        .toList();
  }

  private static Tokenizer byteLevel(String preTokenizer) {
    List<String> tokens = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      tokens.add(Character.toString(ByteAlphabet.character(b)));
    }
    Collections.swap(tokens, 0, 'h');
    List<String> merges = List.of("h e", "l l", "he ll", "hell o", "a a", "aa aa");
    merges.forEach(merge -> tokens.add(merge.replace(" ", "")));
    tokens.add("<|im_end|>");
    List<TokenKind> kinds =
        new ArrayList<>(Collections.nCopies(tokens.size() - 1, TokenKind.NORMAL));
    kinds.add(TokenKind.CONTROL);
    return Tokenizers.of(
        new VocabularySpec(
            "gpt2",
            preTokenizer,
            tokens,
            kinds,
            new float[0],
            merges,
            OptionalInt.of(tokens.size() - 1),
            Set.of(),
            OptionalInt.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty()));
  }

  private static Tokenizer sentencePiece(boolean withBytes) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<TokenKind> kinds =
        new ArrayList<>(List.of(TokenKind.UNKNOWN, TokenKind.CONTROL, TokenKind.CONTROL));
    for (int b = 0; withBytes && b < 256; b++) {
      tokens.add(String.format("<0x%02X>", b));
      kinds.add(TokenKind.BYTE);
    }
    List<String> pieces =
        List.of("\u2581", "a", "b", "c", "ab", "abc", "\u2581a", "<s", ">", "<", "s", "s>");
    tokens.addAll(pieces);
    kinds.addAll(Collections.nCopies(pieces.size(), TokenKind.NORMAL));
    float[] scores = new float[tokens.size()];
    for (int i = 0; i < pieces.size(); i++) {
      scores[tokens.size() - pieces.size() + i] = -i;
    }
    return Tokenizers.of(
        new VocabularySpec(
            "llama",
            "default",
            tokens,
            kinds,
            scores,
            List.of(),
            OptionalInt.of(1),
            Set.of(2),
            OptionalInt.of(0),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty()));
  }

  private static VocabularySpec spec(
      String model, List<String> tokens, List<TokenKind> kinds, int scores) {
    return new VocabularySpec(
        model,
        "default",
        tokens,
        kinds,
        new float[scores],
        List.of(),
        OptionalInt.empty(),
        Set.of(),
        OptionalInt.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty());
  }
}
