package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Published vectors of real vocabularies, id for id. */
final class TokenizerVectorsTest {
  private static final String SEPARATOR = "\n__ggml_vocab_test__\n";

  @ParameterizedTest
  @ValueSource(strings = {"llama-spm", "phi-3", "gpt-2", "falcon", "starcoder", "deepseek-coder"})
  void encodesThePublishedVectors(String name) throws IOException {
    Path vocabulary = SharedAssets.require("tokenizers/ggml-vocab-" + name + ".gguf");
    Tokenizer tokenizer = ModelFiles.openText(vocabulary).tokenizer();
    String[] parts = Files.readString(Path.of(vocabulary + ".inp")).split(SEPARATOR, -1);
    List<String> texts = List.of(parts).subList(0, parts.length - 1); // the file ends in one
    List<String> expected = Files.readAllLines(Path.of(vocabulary + ".out"));
    assertThat(expected).hasSameSizeAs(texts);
    for (int i = 0; i < texts.size(); i++) {
      int[] ids = tokenizer.encode(texts.get(i), false, false);
      assertThat(show(ids)).as("%s: %s", name, texts.get(i)).isEqualTo(expected.get(i).strip());
      assertThat(tokenizer.decode(ids)).isEqualTo(texts.get(i));
      StreamingDecoder decoder = tokenizer.streamingDecoder();
      String streamed = Arrays.stream(ids).mapToObj(decoder::push).collect(Collectors.joining());
      assertThat(streamed + decoder.flush()).isEqualTo(texts.get(i));
    }
  }

  /** Vectors of another project for GPT-2, by our encoder and by the tokenizers library. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void encodesTheVectorsOfGpt2(boolean gguf, @TempDir Path folder) throws IOException {
    Path assets = SharedAssets.require("tokenizers");
    Tokenizer tokenizer;
    if (gguf) {
      tokenizer = ModelFiles.openText(assets.resolve("ggml-vocab-gpt-2.gguf")).tokenizer();
    } else {
      writeGpt2(assets, folder);
      tokenizer = ModelFiles.openText(folder).tokenizer();
    }
    Map<String, String> texts = new HashMap<>();
    Pattern.compile("^ {2}(\\w+): (\".*\"),$", Pattern.MULTILINE)
        .matcher(Files.readString(assets.resolve("transformersjs_test_strings.js")))
        .results()
        .forEach(match -> texts.putIfAbsent(match.group(1), unquoted(match.group(2))));
    String vectors = Files.readString(assets.resolve("transformersjs_gpt2_tokenization.js"));
    int end = vectors.indexOf("\"Xenova/gpt-4\"");
    List<MatchResult> cases =
        Pattern.compile("text: \\w+\\.(\\w+),.*?ids: \\[([^\\]]*)\\]", Pattern.DOTALL)
            .matcher(vectors.substring(0, end))
            .results()
            .toList();
    assertThat(cases).hasSizeGreaterThan(20);
    for (MatchResult each : cases) {
      String text = Objects.requireNonNull(texts.get(each.group(1)), each.group(1));
      int[] ids = tokenizer.encode(text, false, false);
      assertThat(show(ids)).as(each.group(1)).isEqualTo(each.group(2).replace(",", ""));
      assertThat(tokenizer.decode(ids)).isEqualTo(text);
    }
  }

  private static void writeGpt2(Path assets, Path folder) throws IOException {
    List<String> merges = Files.readAllLines(assets.resolve("gpt2_merges.txt"));
    merges.removeIf(line -> line.isEmpty() || line.startsWith("#version"));
    String json =
        """
        {"added_tokens": [], "normalizer": null,
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
           "use_regex": true},
         "post_processor": null, "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "vocab": %s, "merges": %s}}
        """
            .formatted(
                Files.readString(assets.resolve("gpt2_vocab.json")),
                new ObjectMapper().writeValueAsString(merges));
    Files.writeString(folder.resolve("tokenizer.json"), json);
  }

  private static String unquoted(String literal) {
    try {
      return new ObjectMapper().readValue(literal.replace("\t", "\\t"), String.class);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-spm", "phi-3", "gpt-2", "falcon", "deepseek-coder"})
  void streamsAnyTokensOfRealVocabulariesAsTheWhole(String name) throws IOException {
    Path vocabulary = SharedAssets.require("tokenizers/ggml-vocab-" + name + ".gguf");
    Tokenizer tokenizer = ModelFiles.openText(vocabulary).tokenizer();
    SplittableRandom random = new SplittableRandom(13);
    for (int round = 0; round < 2000; round++) {
      int[] ids = random.ints(random.nextInt(20), 0, tokenizer.vocabularySize()).toArray();
      StreamingDecoder decoder = tokenizer.streamingDecoder();
      StringBuilder streamed = new StringBuilder();
      for (int id : ids) {
        String piece = decoder.push(id);
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(piece)).isTrue();
        streamed.append(piece);
      }
      assertThat(streamed.append(decoder.flush())).hasToString(tokenizer.decode(ids));
    }
  }

  @Test
  void refusesWordPieceByName() {
    Path vocabulary = SharedAssets.require("tokenizers/ggml-vocab-bert-bge.gguf");
    assertThatThrownBy(() -> ModelFiles.openText(vocabulary))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tokenizer model bert is not supported; supported are [llama, gpt2]");
  }

  private static String show(int[] ids) {
    return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }
}
