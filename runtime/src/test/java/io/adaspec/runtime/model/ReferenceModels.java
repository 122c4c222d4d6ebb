package io.adaspec.runtime.model;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adaspec.runtime.tensor.WeightFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Models whose logits an independent program computed: {@code src/test/python/reference_logits.py},
 * which has the same sizes and the same formula for weights.
 */
public final class ReferenceModels {
  private static final int VOCABULARY = 96;
  private static final int HIDDEN = 64;
  private static final int FEED_FORWARD = 96;
  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;

  /** The captured file. */
  public record Captured(int[] tokens, int[] positions, List<Case> cases) {}

  /** Frequency scaling as published; {@code low, high, context} for the type llama3 alone. */
  public record Scaling(String type, double factor, double low, double high, int context) {}

  /**
   * One model.
   *
   * @param file {@code gguf} or {@code folder}
   * @param logits [positions, vocabulary]
   */
  public record Case(
      String name,
      String architecture,
      String file,
      boolean tied,
      double theta,
      @Nullable Scaling scaling,
      double[] frequencies,
      double[][] logits) {
    @Override
    public String toString() {
      return name;
    }
  }

  private ReferenceModels() {}

  /** What the other program computed. */
  public static Captured captured() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            ReferenceModels.class.getResourceAsStream("reference-logits.json"))) {
      return new ObjectMapper()
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .readValue(in, new TypeReference<>() {});
    }
  }

  /** Writes the model of a case into a folder and opens it. */
  public static ModelWeights open(Case model, WeightFormat format, Path folder) throws IOException {
    if (model.file().equals("folder")) {
      writeFolder(model, format, folder);
      return ModelFiles.openWeights(folder);
    }
    Path path = folder.resolve("reference.gguf");
    writeGguf(model, format, path);
    return ModelFiles.openWeights(path);
  }

  private static void writeGguf(Case model, WeightFormat format, Path path) throws IOException {
    String family = model.architecture();
    GgufWriter writer =
        new GgufWriter()
            .put("general.architecture", family)
            .put(family + ".block_count", LAYERS)
            .put(family + ".embedding_length", HIDDEN)
            .put(family + ".feed_forward_length", FEED_FORWARD)
            .put(family + ".attention.head_count", HEADS)
            .put(family + ".attention.head_count_kv", KV_HEADS)
            .put(family + ".context_length", 64)
            .put(family + ".attention.layer_norm_rms_epsilon", 1e-5f)
            .put(family + ".rope.freq_base", (float) model.theta());
    if (headSize(model) != HIDDEN / HEADS) {
      writer.put(family + ".attention.key_length", headSize(model));
      writer.put(family + ".attention.value_length", headSize(model));
    }
    Scaling scaling = model.scaling();
    if (scaling != null && scaling.type().equals("linear")) {
      writer.put(family + ".rope.scaling.type", "linear");
      writer.put(family + ".rope.scaling.factor", (float) scaling.factor());
    } else if (scaling != null) {
      byte[] divisors = divisors(model);
      writer.tensor(
          "rope_freqs.weight",
          WeightFormat.F32,
          List.of(headSize(model) / 2L),
          out -> out.write(divisors));
    }
    tensors(model, format)
        .forEach(
            (rule, data) ->
                writer.tensor(
                    rule.name(), data.format(), data.shape(), out -> out.write(data.bytes())));
    writer.write(path);
  }

  /** Converters write what a frequency was divided by. */
  private static byte[] divisors(Case model) {
    int headSize = headSize(model);
    ByteBuffer out = ByteBuffer.allocate(headSize * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < headSize / 2; i++) {
      double plain = Math.pow(model.theta(), -2.0 * i / headSize);
      out.putFloat((float) (plain / model.frequencies()[i]));
    }
    return out.array();
  }

  private static void writeFolder(Case model, WeightFormat format, Path folder) throws IOException {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put(
        "architectures",
        List.of(
            switch (model.architecture()) {
              case "qwen2" -> "Qwen2ForCausalLM";
              case "qwen3" -> "Qwen3ForCausalLM";
              default -> "LlamaForCausalLM";
            }));
    config.put("vocab_size", VOCABULARY);
    config.put("hidden_size", HIDDEN);
    config.put("intermediate_size", FEED_FORWARD);
    config.put("num_hidden_layers", LAYERS);
    config.put("num_attention_heads", HEADS);
    config.put("num_key_value_heads", KV_HEADS);
    config.put("max_position_embeddings", 64);
    config.put("rms_norm_eps", 1e-5);
    config.put("rope_theta", model.theta());
    config.put("tie_word_embeddings", model.tied());
    if (headSize(model) != HIDDEN / HEADS) {
      config.put("head_dim", headSize(model));
    }
    Scaling scaling = model.scaling();
    if (scaling != null) {
      Map<String, Object> rope = new LinkedHashMap<>();
      rope.put("rope_type", scaling.type());
      rope.put("factor", scaling.factor());
      rope.put("low_freq_factor", scaling.low());
      rope.put("high_freq_factor", scaling.high());
      rope.put("original_max_position_embeddings", scaling.context());
      config.put("rope_scaling", rope);
    }
    ObjectMapper json = new ObjectMapper();
    json.writeValue(folder.resolve("config.json").toFile(), config);
    Map<String, Object> header = new LinkedHashMap<>();
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    tensors(model, format)
        .forEach(
            (rule, data) -> {
              int begin = payload.size();
              payload.writeBytes(data.bytes());
              header.put(
                  rule.huggingFaceName(),
                  Map.of(
                      "dtype", data.format().name(),
                      "shape", data.shape(),
                      "data_offsets", List.of(begin, payload.size())));
            });
    byte[] text = json.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(8 + text.length + payload.size()).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(text.length).put(text).put(payload.toByteArray());
    Files.write(folder.resolve("model.safetensors"), out.array());
  }

  private record Names(String name, String huggingFaceName) {}

  private record Data(WeightFormat format, List<Long> shape, byte[] bytes) {}

  private static Map<Names, Data> tensors(Case model, WeightFormat format) {
    Architecture family = Architectures.named(model.architecture());
    ModelConfig config = config(model, family);
    Map<Names, Data> tensors = new LinkedHashMap<>();
    for (TensorRule rule : family.tensors()) {
      int count = rule.perLayer() ? LAYERS : 1;
      for (int layer = 0; rule.presence().in(config) && layer < count; layer++) {
        Names names = new Names(rule.name(layer), rule.huggingFaceName(layer));
        tensors.put(names, data(names.name(), rule.shape(config), format));
      }
    }
    return tensors;
  }

  private static Data data(String name, List<Long> shape, WeightFormat format) {
    int count = Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
    if (shape.size() > 1) {
      return new Data(format, shape, encoded(name, count, format));
    }
    ByteBuffer vector = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      float value = units(name, i) / 64f;
      vector.putFloat(name.endsWith(".bias") ? 4 * value : 1 + value);
    }
    return new Data(WeightFormat.F32, shape, vector.array());
  }

  /** The same weights in any format: all are multiples of 1/64 in [-1/8, 1/8). */
  private static byte[] encoded(String name, int count, WeightFormat format) {
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(format.bytesOf(count))).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i += format.blockElements()) {
      float first = units(name, i) / 64f;
      switch (format) {
        case F32 -> out.putFloat(first);
        case F16 -> out.putShort(Float.floatToFloat16(first));
        case BF16 -> out.putShort((short) (Float.floatToRawIntBits(first) >>> 16));
        case Q8_0 -> {
          out.putShort(Float.floatToFloat16(1 / 64f));
          for (int j = 0; j < 32; j++) {
            out.put((byte) units(name, i + j));
          }
        }
        case Q4_0 -> {
          out.putShort(Float.floatToFloat16(1 / 64f));
          for (int j = 0; j < 16; j++) {
            out.put((byte) ((units(name, i + j) + 8) | ((units(name, i + j + 16) + 8) << 4)));
          }
        }
      }
    }
    return out.array();
  }

  /** Whole numbers from -8 to 7; the formula of the Python program. */
  private static int units(String name, int index) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    long x = (crc.getValue() + index * 2654435761L) & 0xFFFFFFFFL;
    x ^= x >>> 16;
    x = x * 0x45D9F3B & 0xFFFFFFFFL;
    x ^= x >>> 16;
    return (int) (x & 15) - 8;
  }

  /** Heads of Qwen3 are together wider than the residual stream. */
  private static int headSize(Case model) {
    return model.architecture().equals("qwen3") ? 24 : HIDDEN / HEADS;
  }

  private static ModelConfig config(Case model, Architecture family) {
    return new ModelConfig(
        family.name(),
        model.name(),
        VOCABULARY,
        LAYERS,
        HIDDEN,
        FEED_FORWARD,
        HEADS,
        KV_HEADS,
        headSize(model),
        64,
        1e-5f,
        (float) model.theta(),
        headSize(model),
        new RopeScaling.None(),
        family.ggufPairing(),
        family.attentionBias(),
        family.queryKeyNorm(),
        model.tied());
  }
}
