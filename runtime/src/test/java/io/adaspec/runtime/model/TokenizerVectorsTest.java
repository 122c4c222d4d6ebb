package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
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
