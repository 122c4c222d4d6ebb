package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A target and a draft with random weights whose tokens often agree: the draft is the first layer
 * of the target with its embedding and head, and the target's other layers change little.
 */
public final class TinyPair {
  private static final int TARGET_LAYERS = 3;
  private static final double USUAL = 0.1;

  /** Large enough that some tokens are much likelier than others. */
  private static final double HEAD = 0.7;

  /** What the later layers add, relative to the first. */
  private static final double LATER = 0.5;

  private TinyPair() {}

  /** Writes the target into a folder. */
  public static Path writeTarget(Path folder) throws IOException {
    return write(folder.resolve("target.gguf"), TARGET_LAYERS, 0);
  }

  /** Writes its draft into a folder. */
  public static Path writeDraft(Path folder) throws IOException {
    return write(folder.resolve("draft.gguf"), 1, 0);
  }

  /** Writes a draft of another vocabulary of the same size into a folder. */
  public static Path writeForeignDraft(Path folder) throws IOException {
    return write(folder.resolve("foreign.gguf"), 1, 1);
  }

  private static Path write(Path path, int layers, int renamed) throws IOException {
    GgufWriter writer = TinyModels.metadata("llama", layers, renamed);
    ModelConfig config = TinyModels.config("llama");
    for (TensorRule rule : Architectures.named("llama").tensors()) {
      int count = rule.perLayer() ? layers : 1;
      for (int layer = 0; rule.presence().in(config) && layer < count; layer++) {
        add(writer, rule.name(layer), rule.shape(config), scale(rule.name(layer), layer));
      }
    }
    writer.write(path);
    return path;
  }

  private static double scale(String name, int layer) {
    if (name.startsWith("output.")) {
      return HEAD;
    }
    boolean addsToTheStream = name.contains("attn_output") || name.contains("ffn_down");
    return layer > 0 && addsToTheStream ? LATER * USUAL : USUAL;
  }

  /** Normal numbers that depend on the tensor's name alone; a norm's are around 1. */
  private static void add(GgufWriter writer, String name, List<Long> shape, double scale) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    double mean = name.contains("norm") ? 1 : 0;
    long elements = shape.stream().reduce(1L, Math::multiplyExact);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(4 * elements)).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < elements; i++) {
      bytes.putFloat((float) (mean + scale * random.nextGaussian()));
    }
    writer.tensor(name, WeightFormat.F32, shape, out -> out.write(bytes.array()));
  }
}
