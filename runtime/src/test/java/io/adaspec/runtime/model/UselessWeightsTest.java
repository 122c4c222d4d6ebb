package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are whole but hold numbers that no text can come of. */
class UselessWeightsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "token_embd.weight, 8511, '[265, 31]'",
    "output.weight, 70, '[2, 6]'",
    "output_norm.weight, 31, '[31]'",
    "blk.0.attn_norm.weight, 0, '[0]'",
    "blk.1.ffn_norm.weight, 5, '[5]'",
    "blk.1.attn_k.bias, 9, '[9]'",
    "blk.0.attn_v.weight, 33, '[1, 1]'",
    "blk.1.ffn_down.weight, 64, '[1, 0]'",
    "blk.1.attn_k_norm.weight, 15, '[15]'"
  })
  void oneWeightThatIsNotANumberIsAPermanentFailureThatNamesIt(
      String tensor, int element, String index) throws IOException {
    String family = tensor.endsWith("k_norm.weight") ? "qwen3" : "qwen2";
    Path path = TinyModels.write(TinyModels.model(family, each -> true), folder);
    poison(path, tensor, element);
    try (ModelWeights model = ModelFiles.openWeights(path)) {
      assertThatThrownBy(() -> open(model))
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("tensor " + tensor + " holds NaN at " + index)
          .asInstanceOf(InstanceOfAssertFactories.type(DeviceException.class))
          .matches(DeviceException::permanent);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1e-5f, Float.NaN, Float.POSITIVE_INFINITY})
  void aNormEpsilonThatIsNoPositiveNumberIsRefused(float epsilon) throws IOException {
    Path path = TinyModels.write(TinyModels.llama(each -> true), folder);
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] key = "llama.attention.layer_norm_rms_epsilon".getBytes(StandardCharsets.UTF_8);
    file.putFloat(find(file, key, 1) + key.length + Integer.BYTES, epsilon);
    Files.write(path, file.array());
    assertThatThrownBy(() -> ModelFiles.openWeights(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("norm epsilon " + epsilon);
  }

  @Test
  void soundWeightsAreTaken() throws IOException {
    Path path = TinyModels.write(TinyModels.model("qwen2", each -> true), folder);
    try (ModelWeights model = ModelFiles.openWeights(path);
        Device device = open(model)) {
      assertThat(device.info().vocabularySize()).isEqualTo(TinyModels.VOCABULARY);
    }
  }

  private static Device open(ModelWeights model) {
    return new CpuDeviceProvider()
        .open(new DeviceSpec("cpu", Optional.of(model), Optional.empty(), 2, 1 << 20, 16, 64));
  }

  /** Replaces one element of an F32 tensor in its file. */
  private static void poison(Path path, String tensor, int element) throws IOException {
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] beginning = new byte[16];
    try (ModelWeights model = ModelFiles.openWeights(path)) {
      model.weights().tensor(tensor).data().asByteBuffer().get(beginning);
    }
    file.putFloat(find(file, beginning, 32) + 4 * element, Float.NaN);
    Files.write(path, file.array());
  }

  private static int find(ByteBuffer file, byte[] wanted, int alignment) {
    int at = 0;
    while (!file.slice(at, wanted.length).equals(ByteBuffer.wrap(wanted))) {
      at += alignment;
    }
    return at;
  }
}
