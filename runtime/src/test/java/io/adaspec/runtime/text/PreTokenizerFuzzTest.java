package io.adaspec.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our pre-tokenizers against those of the native tokenizers library, which is given the expressions
 * that the models publish, over random texts of difficult pieces.
 *
 * <p>The vocabulary merges any two bytes of the texts, in a random order: a word that is cut at
 * another place nearly always gets other ids.
 */
final class PreTokenizerFuzzTest {
  private static final String LLAMA3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String QWEN2 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final List<String> DEEPSEEK =
      List.of(
          "[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+");

  private static final List<String> PIECES =
      List.of(
          ("a·Be·word·Z·ß·é·e\u0301·\u0301·ñ·Ж·я·λ·ﬁ·ſ·0·7·12·345·6789·1234567·٣·Ⅷ·½·²·五·९९"
                  + "· ·  ·   ·\t·\n·\n\n·\r\n·\r· \n·\n ·\u00a0·\u3000·\u2028·\u0085·\u200b·\ufeff·\u000b"
                  + "·'·'s·'S·'t·'re·'RE·'ve·'m·'ll·'Ll·'d·'x·''·’s·'ſ"
                  + "·.·,·!?·...·-·--·_·#·$·%·&&·(·)·[]·{\"·\"·/·\\·|·~·`·+=·<|·|>·@·^·€·©·→·、·。·「"
                  + "·中·文字·日本·カ·ひらがな·한국·ไทย·नमस्ते·עִבְרִית·العربية"
                  + "·😀·👩‍👩‍👧·🇩🇪·👍🏽·❤️·🪜")
              .split("·", -1));

  @ParameterizedTest
  @ValueSource(strings = {"llama-bpe", "qwen2", "gpt-2", "starcoder", "deepseek-coder"})
  void randomTextsGetTheIdsOfTheTokenizersLibrary(String name) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<String> tokens = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      tokens.add(Character.toString(ByteAlphabet.character(b)));
    }
    List<String> merges = merges(tokens.subList(0, 256));
    merges.forEach(merge -> tokens.add(merge.replace(" ", "")));
    Tokenizer ours = ours(name, tokens, merges);
    Tokenizer library =
        JsonTokenizer.of(json(name, tokens, merges, mapper), "", "", OptionalInt.empty(), Set.of());
    SplittableRandom random = new SplittableRandom(name.hashCode());
    for (int round = 0; round < 4000; round++) {
      StringBuilder text = new StringBuilder();
      for (int piece = random.nextInt(14); piece >= 0; piece--) {
        text.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      String shown = mapper.writeValueAsString(text.toString());
      int[] ids = ours.encode(text.toString(), false, false);
      assertThat(ids).as(shown).isEqualTo(library.encode(text.toString(), false, false));
      assertThat(ours.decode(ids)).isEqualTo(text.toString());
    }
  }

  /** All pairs of bytes that occur in the texts. */
  private static List<String> merges(List<String> bytes) {
    boolean[] occurs = new boolean[256];
    for (String piece : PIECES) {
      for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
        occurs[b & 0xFF] = true;
      }
    }
    List<String> merges = new ArrayList<>();
    for (int left = 0; left < 256; left++) {
      for (int right = 0; right < 256; right++) {
        if (occurs[left] && occurs[right]) {
          merges.add(bytes.get(left) + " " + bytes.get(right));
        }
      }
    }
    Collections.shuffle(merges, new Random(3));
    return merges;
  }

  private static Tokenizer ours(String name, List<String> tokens, List<String> merges) {
    return Tokenizers.of(
        new VocabularySpec(
            "gpt2",
            name,
            tokens,
            Collections.nCopies(tokens.size(), TokenKind.NORMAL),
            new float[0],
            merges,
            OptionalInt.empty(),
            Set.of(),
            OptionalInt.empty(),
            Optional.of(false),
            OptionalInt.empty(),
            Optional.empty()));
  }

  private static JsonNode json(
      String name, List<String> tokens, List<String> merges, ObjectMapper mapper) {
    ObjectNode json = mapper.createObjectNode();
    json.putArray("added_tokens");
    ArrayNode parts =
        json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    switch (name) {
      case "llama-bpe" -> split(parts, LLAMA3);
      case "qwen2" -> split(parts, QWEN2);
      case "starcoder" -> parts.addObject().put("type", "Digits").put("individual_digits", true);
      case "deepseek-coder" -> {
        DEEPSEEK.forEach(regex -> split(parts, regex));
        parts.addObject().put("type", "Digits").put("individual_digits", true);
      }
      default -> {}
    }
    parts
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", Set.of("gpt-2", "starcoder").contains(name));
    json.putObject("decoder").put("type", "ByteLevel");
    ObjectNode model =
        json.putObject("model").put("type", "BPE").put("ignore_merges", name.equals("llama-bpe"));
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    merges.forEach(model.putArray("merges")::add);
    return json;
  }

  private static void split(ArrayNode parts, String regex) {
    parts
        .addObject()
        .put("type", "Split")
        .put("behavior", "Isolated")
        .put("invert", false)
        .putObject("pattern")
        .put("Regex", regex);
  }
}
