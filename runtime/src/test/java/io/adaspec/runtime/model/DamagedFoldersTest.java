package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and hostile Hugging Face folders end in one kind of error; nothing ends the process. */
final class DamagedFoldersTest {
  private static final Pattern VALUE =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"|-?\\d+(?:\\.\\d+)?|true|false|null");
  private static final List<String> NASTY =
      List.of(
          "null",
          "-1",
          "99999999",
          "1e999",
          "\"\"",
          "\"x\"",
          "[]",
          "{}",
          "true",
          "1.5",
          "0",
          "[[]]",
          "{\"type\":\"BPE\"}",
          "\"\\uD800\"",
          "{\"Regex\":\"(a+)+b\"}");

  @TempDir Path folder;

  @Test
  @Timeout(120)
  void mutatedTokenizersNeverDoMoreThanRefuse() throws IOException {
    assertThat(refusals("tokenizer.json", TinyFolders.TOKENIZER, 500, 400)).isBetween(100, 490);
  }

  @Test
  @Timeout(120)
  void mutatedUnigramTokenizersNeverDoMoreThanRefuse() throws IOException {
    assertThat(refusals("tokenizer.json", TinyFolders.UNIGRAM, 500, 410)).isBetween(100, 490);
  }

  @Test
  @Timeout(120)
  void theBundledTokenizerMutatedNeverDoesMoreThanRefuse() throws IOException {
    Path bundled = Path.of(System.getProperty("adaspec.root", "."), "config/models/storyteller");
    String json = Files.readString(bundled.resolve("tokenizer.json"));
    assertThat(refusals("tokenizer.json", json, 30, 60)).isBetween(3, 30);
  }

  @Test
  @Timeout(120)
  void mutatedConfigurationsNeverDoMoreThanRefuse() throws IOException {
    assertThat(refusals("config.json", TinyFolders.CONFIG, 600, 400)).isBetween(150, 590);
  }

  @Test
  @Timeout(120)
  void mutatedTokenizerConfigurationsNeverDoMoreThanRefuse() throws IOException {
    String json =
        """
        {"bos_token": {"content": "<s>"}, "eos_token": "<|im_end|>",
         "chat_template": [{"name": "default", "template": "{{ bos_token ~ eos_token }}"}]}
        """;
    assertThat(refusals("tokenizer_config.json", json, 300, 400)).isLessThan(300);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"id\": \"<s>\", \"type_id\": 0}};\"id\": \"<t>\", \"type_id\": 0}};adds token",
        "\"ids\": [0];\"ids\": [77];post-processor adds token 77",
        "TemplateProcessing;Mystery;post-processor Mystery is not supported",
        "\"unk_token\": null;\"unk_token\": \"gone\";unk_token \"gone\" is not in",
        "\"dropout\": null;\"dropout\": 0.1;dropout 0.1, which is not supported",
        "\"normalizer\": null;\"normalizer\": {\"type\": \"Precompiled\"};normalizer Precompiled",
        "\"merges\": [\"a b\"];\"merges\": [\"a c\"];the tokenizers library refuses it",
        "\"merges\": [\"a b\"];\"merges\": [[\"a\"]];a merge is [\"a\"], not two tokens",
      })
  void whatWouldEndTheNativeLibraryIsRefusedByName(String from, String to, String message)
      throws IOException {
    TinyFolders.write(folder);
    assertThat(TinyFolders.TOKENIZER).contains(from);
    Files.writeString(folder.resolve("tokenizer.json"), TinyFolders.TOKENIZER.replace(from, to));
    assertThatThrownBy(() -> ModelFiles.openText(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tokenizer.json: ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":", "[0,", "{\"a\":[{},", "\"a"})
  void deepAndHugeJsonIsBounded(String piece) throws IOException {
    TinyFolders.write(folder);
    Files.writeString(folder.resolve("config.json"), "{\"x\":" + piece.repeat(2_000_000));
    assertThatThrownBy(() -> ModelFiles.openWeights(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  @Timeout(120)
  void mutatedSafetensorsHeadersNeverDoMoreThanRefuse() throws IOException {
    String header =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]},"
            + "\"b\":{\"dtype\":\"BF16\",\"shape\":[8],\"data_offsets\":[32,48]}}";
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    byte[] sound = new byte[8 + json.length + 48];
    ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    SplittableRandom random = new SplittableRandom(5);
    Path path = folder.resolve("model.safetensors");
    for (int round = 0; round < 600; round++) {
      byte[] damaged = sound.clone();
      for (int change = 0; change <= round % 3; change++) {
        int at = random.nextInt(8 + json.length);
        damaged[at] =
            (byte) (at < 8 ? random.nextInt(256) : "0192[]{},:\"-e ab".charAt(random.nextInt(16)));
      }
      Files.write(path, damaged);
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        file.names().forEach(file::tensor);
      } catch (ModelFormatException e) {
        assertThat(e).message().isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[2,4];[1099511627776,1099511627776];is larger than any file",
        "[2,4];\"2,4\";lacks a sound dtype, shape or data_offsets",
        "[2,4];[2,-4];has -4 in its shape: the file is damaged",
        "[2,4];[];tensor a has no dimensions: the file is damaged",
        "[2,4];[2,5];tensor a needs 40 bytes as F32[2, 5], has 32: the file is damaged",
        "[0,32];[0,1e9];has 1.0E9 in its data_offsets: the file is damaged",
      })
  void whatIsWrongWithATensorIsSaid(String from, String to, String message) throws IOException {
    String json =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]}}".replace(from, to);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length() + 32).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length()).put(json.getBytes(StandardCharsets.UTF_8));
    Path path = Files.write(folder.resolve("model.safetensors"), bytes.array());
    assertThatThrownBy(
            () -> {
              try (SafetensorsFile file = SafetensorsFile.open(path)) {
                file.tensor("a");
              }
            })
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  /** How many of the mutations are refused; any failure but a refusal fails the test. */
  private int refusals(String name, String sound, int rounds, int seed) throws IOException {
    TinyFolders.write(folder);
    SplittableRandom random = new SplittableRandom(seed);
    int refused = 0;
    for (int round = 0; round < rounds; round++) {
      Files.writeString(folder.resolve(name), mutated(sound, random));
      try {
        use(ModelFiles.openText(folder).tokenizer());
        ModelFiles.openWeights(folder).close();
      } catch (ModelFormatException e) {
        assertThat(e).message().isNotBlank();
        refused++;
      }
    }
    return refused;
  }

  private static void use(Tokenizer tokenizer) {
    for (String text :
        List.of("", "abc ab \ud83e\ude9c\n\n <s> x", "a<|im_end|>" + "a".repeat(60))) {
      tokenizer.decode(tokenizer.encode(text, true, true));
      tokenizer.decode(tokenizer.encode(text, false, false));
    }
  }

  /** Replaces one to three values, the last one first; mostly near the beginning or the end. */
  private static String mutated(String json, SplittableRandom random) {
    List<MatchResult> values = VALUE.matcher(json).results().toList();
    TreeSet<Integer> places = new TreeSet<>(Comparator.reverseOrder());
    for (int change = 0; change <= random.nextInt(3); change++) {
      int near = random.nextInt(Math.min(values.size(), 150));
      places.add(random.nextBoolean() ? near : values.size() - 1 - near);
    }
    StringBuilder damaged = new StringBuilder(json);
    for (int place : places) {
      String value = values.get(place).group();
      String other =
          switch (random.nextInt(4)) {
            case 0 -> NASTY.get(random.nextInt(NASTY.size()));
            case 1 -> values.get(random.nextInt(values.size())).group();
            case 2 -> "";
            default -> value.startsWith("\"") ? value.replaceFirst("\"$", "x\"") : "7";
          };
      damaged.replace(values.get(place).start(), values.get(place).end(), other);
    }
    return damaged.toString();
  }
}
