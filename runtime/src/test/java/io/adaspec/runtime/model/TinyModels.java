package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** Small random models for tests, made by {@link GgufWriter}. */
public final class TinyModels {
  static final int VOCABULARY = 266;
  static final int HIDDEN = 32;
  static final int FEED_FORWARD = 64;
  static final int LAYERS = 2;
  static final int HEADS = 4;
  static final int KV_HEADS = 2;

  private TinyModels() {}

  /** Writes a whole model of the llama family into a folder; the file is {@code tiny.gguf}. */
  public static Path writeLlama(Path folder) throws IOException {
    return write(llama(tensor -> true), folder);
  }

  /** Writes a file without weights into a folder; it is called {@code tiny.gguf} too. */
  public static Path writeVocabularyOnly(Path folder) throws IOException {
    return write(metadata("llama"), folder);
  }

  /** Writes a whole model of the qwen3 family into a folder; the file is {@code tiny.gguf}. */
  public static Path writeQwen3(Path folder) throws IOException {
    return write(model("qwen3", tensor -> true), folder);
  }

  /** A whole model of the llama family with a byte-fallback vocabulary. */
  static GgufWriter llama(Predicate<String> keepTensor) {
    return model("llama", keepTensor);
  }

  /** A whole model of that family. */
  static GgufWriter model(String architecture, Predicate<String> keepTensor) {
    GgufWriter writer = metadata(architecture);
    SplittableRandom random = new SplittableRandom(7);
    forEachTensor(
        config(architecture),
        LAYERS,
        (name, shape) -> {
          if (keepTensor.test(name)) {
            f32(writer, name, shape, random, 0, 0.1);
          }
        });
    return writer;
  }

  /** Calls {@code add} with name and shape of every tensor of a model of so many layers. */
  static void forEachTensor(ModelConfig config, int layers, BiConsumer<String, List<Long>> add) {
    for (TensorRule rule : Architectures.named(config.architecture()).tensors()) {
      int count = rule.perLayer() ? layers : 1;
      for (int layer = 0; rule.presence().in(config) && layer < count; layer++) {
        add.accept(rule.name(layer), rule.shape(config));
      }
    }
  }

  /** Metadata and vocabulary without tensors. */
  static GgufWriter metadata(String architecture) {
    return metadata(architecture, LAYERS, tokens(), types(0));
  }

  /** The same for another number of layers and with other tokens. */
  static GgufWriter metadata(String architecture, int layers, List<String> tokens, int[] types) {
    GgufWriter writer = new GgufWriter();
    if (headSize(architecture) != HIDDEN / HEADS) {
      writer.put(architecture + ".attention.key_length", headSize(architecture));
    }
    return writer
        .put("general.architecture", architecture)
        .put("general.name", "tiny")
        .put(architecture + ".block_count", layers)
        .put(architecture + ".embedding_length", HIDDEN)
        .put(architecture + ".feed_forward_length", FEED_FORWARD)
        .put(architecture + ".attention.head_count", HEADS)
        .put(architecture + ".attention.head_count_kv", KV_HEADS)
        .put(architecture + ".context_length", 128)
        .put(architecture + ".attention.layer_norm_rms_epsilon", 1e-5f)
        .put("tokenizer.ggml.model", "llama")
        .put("tokenizer.ggml.tokens", tokens)
        .put("tokenizer.ggml.scores", new float[tokens.size()])
        .put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.bos_token_id", 1)
        .put("tokenizer.ggml.eos_token_id", 2)
        .put("tokenizer.ggml.unknown_token_id", 0)
        .put("tokenizer.ggml.padding_token_id", -1);
  }

  /** Adds a tensor of normal numbers. */
  static void f32(
      GgufWriter writer,
      String name,
      List<Long> shape,
      SplittableRandom random,
      double mean,
      double deviation) {
    long elements = shape.stream().reduce(1L, Math::multiplyExact);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(4 * elements)).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < elements; i++) {
      bytes.putFloat((float) (mean + deviation * random.nextGaussian()));
    }
    writer.tensor(name, WeightFormat.F32, shape, out -> out.write(bytes.array()));
  }

  static Path write(GgufWriter writer, Path folder) throws IOException {
    Path path = folder.resolve("tiny.gguf");
    writer.write(path);
    return path;
  }

  static ModelConfig config(String architecture) {
    Architecture family = Architectures.named(architecture);
    return new ModelConfig(
        architecture,
        "tiny",
        VOCABULARY,
        LAYERS,
        HIDDEN,
        FEED_FORWARD,
        HEADS,
        KV_HEADS,
        headSize(architecture),
        128,
        1e-5f,
        10_000,
        headSize(architecture),
        new RopeScaling.None(),
        family.ggufPairing(),
        family.attentionBias(),
        family.queryKeyNorm(),
        false);
  }

  /** Heads of qwen3 are together twice as wide as the residual stream. */
  private static int headSize(String architecture) {
    return architecture.equals("qwen3") ? 2 * HIDDEN / HEADS : HIDDEN / HEADS;
  }

  /** Names of all tokens, to be changed at will. */
  static List<String> tokens() {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format("<0x%02X>", b));
    }
    tokens.addAll(List.of("\u2581", "a", "b", "ab", "\u2581a", "c", "abc"));
    return tokens;
  }

  /** Kinds of all tokens, and of unused ones behind them. */
  static int[] types(int unused) {
    int[] types = new int[VOCABULARY + unused];
    for (int i = 0; i < types.length; i++) {
      types[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : i < VOCABULARY ? 1 : 5;
    }
    return types;
  }
}
