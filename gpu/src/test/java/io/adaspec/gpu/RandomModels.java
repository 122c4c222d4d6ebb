package io.adaspec.gpu;

import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelConfig.RopePairing;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RopeScaling;
import io.adaspec.runtime.model.Weights;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Small models with random weights in any format, made in memory. */
final class RandomModels {
  private RandomModels() {}

  /** Two layers, four heads that share two KV heads, context of 640. */
  static ModelConfig config(boolean qwen) {
    return new ModelConfig(
        qwen ? "qwen2" : "llama",
        "random",
        300,
        2,
        64,
        96,
        4,
        2,
        16,
        640,
        1e-5f,
        10_000,
        qwen ? 12 : 16,
        new RopeScaling.None(),
        qwen ? RopePairing.HALVES : RopePairing.INTERLEAVED,
        qwen,
        false,
        qwen);
  }

  /** The same sizes with normed heads, which are together wider than the residual stream. */
  static ModelConfig headNorms() {
    return new ModelConfig(
        "qwen3",
        "normed",
        300,
        2,
        64,
        96,
        4,
        2,
        40,
        640,
        1e-6f,
        1_000_000,
        40,
        new RopeScaling.None(),
        RopePairing.HALVES,
        false,
        true,
        true);
  }

  /** One layer whose matrices have more chunks of inputs than classes, 9 and 33. */
  static ModelConfig wide() {
    return new ModelConfig(
        "llama",
        "wide",
        300,
        1,
        288,
        1056,
        4,
        2,
        72,
        640,
        1e-5f,
        10_000,
        72,
        new RopeScaling.None(),
        RopePairing.INTERLEAVED,
        false,
        false,
        true);
  }

  /** Two narrow layers with heads of any shape and a context of 1100. */
  static ModelConfig heads(
      int heads, int kvHeads, int headSize, boolean normed, RopeScaling scaling) {
    return new ModelConfig(
        "qwen2",
        "heads",
        60,
        2,
        32,
        32,
        heads,
        kvHeads,
        headSize,
        1100,
        1e-5f,
        10_000,
        headSize,
        scaling,
        RopePairing.HALVES,
        true,
        normed,
        true);
  }

  /** A model all of whose matrices have that format. */
  static ModelWeights of(ModelConfig config, WeightFormat format, long seed) {
    Builder builder = new Builder(new SplittableRandom(seed));
    int hidden = config.hiddenSize();
    builder.matrix("token_embd.weight", config.vocabularySize(), hidden, format, 1);
    if (!config.tiedHead()) {
      builder.matrix("output.weight", config.vocabularySize(), hidden, format, 0.3);
    }
    builder.norm("output_norm.weight", hidden);
    for (int i = 0; i < config.layers(); i++) {
      String prefix = "blk." + i + ".";
      builder.norm(prefix + "attn_norm.weight", hidden);
      builder.norm(prefix + "ffn_norm.weight", hidden);
      builder.matrix(prefix + "attn_q.weight", config.querySize(), hidden, format, 0.2);
      builder.matrix(prefix + "attn_k.weight", config.kvSize(), hidden, format, 0.2);
      builder.matrix(prefix + "attn_v.weight", config.kvSize(), hidden, format, 0.2);
      if (config.attentionBias()) {
        builder.matrix(prefix + "attn_q.bias", 1, config.querySize(), WeightFormat.F32, 0.2);
        builder.matrix(prefix + "attn_k.bias", 1, config.kvSize(), WeightFormat.F32, 0.2);
        builder.matrix(prefix + "attn_v.bias", 1, config.kvSize(), WeightFormat.F32, 0.2);
      }
      if (config.queryKeyNorm()) {
        builder.norm(prefix + "attn_q_norm.weight", config.headSize());
        builder.norm(prefix + "attn_k_norm.weight", config.headSize());
      }
      builder.matrix(prefix + "attn_output.weight", hidden, config.querySize(), format, 0.2);
      builder.matrix(prefix + "ffn_gate.weight", config.feedForwardSize(), hidden, format, 0.2);
      builder.matrix(prefix + "ffn_up.weight", config.feedForwardSize(), hidden, format, 0.2);
      builder.matrix(prefix + "ffn_down.weight", hidden, config.feedForwardSize(), format, 0.2);
    }
    return new ModelWeights(config, new Tensors(builder.tensors));
  }

  /** A model none of whose logits is finite. */
  static ModelWeights notFinite() {
    ModelWeights good = of(config(false), WeightFormat.F16, 3);
    float[] norm = new float[good.config().hiddenSize()];
    Arrays.fill(norm, Float.NaN);
    return with(good, encode("blk.0.attn_norm.weight", 1, norm.length, WeightFormat.F32, norm));
  }

  /** A copy of a model with one tensor replaced. */
  static ModelWeights with(ModelWeights model, WeightTensor tensor) {
    Map<String, WeightTensor> tensors = new LinkedHashMap<>();
    for (String name : model.weights().names()) {
      tensors.put(name, model.weights().tensor(name));
    }
    tensors.put(tensor.name(), tensor);
    return new ModelWeights(model.config(), new Tensors(tensors));
  }

  /** A tensor of one format with the values of floats, as well as it can hold them. */
  static WeightTensor encode(
      String name, int rows, int columns, WeightFormat format, float[] values) {
    byte[] bytes = new byte[Math.toIntExact(rows * format.bytesOf(columns))];
    MemorySegment data = MemorySegment.ofArray(bytes);
    int block = format.blockElements();
    for (int at = 0; at < values.length; at += block) {
      long to = (long) (at / block) * format.blockBytes();
      switch (format) {
        case F32 -> data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to, values[at]);
        case F16 ->
            data.set(ValueLayout.JAVA_SHORT_UNALIGNED, to, Float.floatToFloat16(values[at]));
        case BF16 ->
            data.set(
                ValueLayout.JAVA_SHORT_UNALIGNED,
                to,
                (short) ((Float.floatToRawIntBits(values[at]) + 0x8000) >> 16));
        case Q8_0 -> {
          float scale = scale(data, to, values, at, 127);
          for (int i = 0; i < block; i++) {
            data.set(ValueLayout.JAVA_BYTE, to + 2 + i, (byte) Math.round(values[at + i] / scale));
          }
        }
        case Q4_0 -> {
          float scale = scale(data, to, values, at, 7);
          for (int i = 0; i < 16; i++) {
            int low = Math.round(values[at + i] / scale) + 8;
            int high = Math.round(values[at + i + 16] / scale) + 8;
            data.set(ValueLayout.JAVA_BYTE, to + 2 + i, (byte) (low | high << 4));
          }
        }
      }
    }
    List<Long> shape = rows == 1 ? List.of((long) columns) : List.of((long) rows, (long) columns);
    return new WeightTensor(name, format, shape, data);
  }

  private static float scale(MemorySegment data, long to, float[] values, int at, int levels) {
    float largest = 1e-3f;
    for (int i = 0; i < 32; i++) {
      largest = Math.max(largest, Math.abs(values[at + i]));
    }
    short scale = Float.floatToFloat16(largest / (levels - 0.5f));
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, to, scale);
    return Float.float16ToFloat(scale);
  }

  private record Tensors(Map<String, WeightTensor> tensors) implements Weights {
    @Override
    public WeightTensor tensor(String name) {
      WeightTensor tensor = tensors.get(name);
      if (tensor == null) {
        throw new AssertionError("no tensor " + name);
      }
      return tensor;
    }

    @Override
    public boolean has(String name) {
      return tensors.containsKey(name);
    }

    @Override
    public Set<String> names() {
      return tensors.keySet();
    }

    @Override
    public long bytes() {
      return tensors.values().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
    }

    @Override
    public void close() {}
  }

  private static final class Builder {
    private final Map<String, WeightTensor> tensors = new LinkedHashMap<>();
    private final SplittableRandom random;

    Builder(SplittableRandom random) {
      this.random = random;
    }

    void matrix(String name, int rows, int columns, WeightFormat format, double spread) {
      float[] values = new float[rows * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() * spread);
      }
      tensors.put(name, encode(name, rows, columns, format, values));
    }

    void norm(String name, int size) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = 0.8f + 0.4f * (float) random.nextDouble();
      }
      tensors.put(name, encode(name, 1, size, WeightFormat.F32, values));
    }
  }
}
