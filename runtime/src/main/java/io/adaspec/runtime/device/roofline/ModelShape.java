package io.adaspec.runtime.device.roofline;

import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelConfig.RopePairing;
import io.adaspec.runtime.model.RopeScaling;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.Arrays;
import java.util.List;

/**
 * Shapes of models that performance is known for. Tiny ones are for trying the measurement itself.
 */
public enum ModelShape {
  LLAMA_3_2_1B("llama-3.2-1b", "llama", 128_256, 16, 2048, 8192, 32, 8, 64, true),
  LLAMA_3_1_8B("llama-3.1-8b", "llama", 128_256, 32, 4096, 14_336, 32, 8, 128, false),
  QWEN3_0_6B("qwen3-0.6b", "qwen3", 151_936, 28, 1024, 3072, 16, 8, 128, true),
  QWEN3_8B("qwen3-8b", "qwen3", 151_936, 36, 4096, 12_288, 32, 8, 128, false),
  TINY("tiny", "llama", 512, 2, 64, 96, 4, 2, 16, false),
  TINY_QWEN3("tiny-qwen3", "qwen3", 512, 2, 64, 96, 4, 2, 32, true);

  /** Positions enough for every measurement; models that say more only need larger tables. */
  private static final int CONTEXT_TOKENS = 4096;

  private final String label;
  private final String family;
  private final int vocabulary;
  private final int layers;
  private final int hidden;
  private final int inner;
  private final int heads;
  private final int kvHeads;
  private final int headSize;
  private final boolean tied;

  ModelShape(
      String label,
      String family,
      int vocabulary,
      int layers,
      int hidden,
      int inner,
      int heads,
      int kvHeads,
      int headSize,
      boolean tied) {
    this.label = label;
    this.family = family;
    this.vocabulary = vocabulary;
    this.layers = layers;
    this.hidden = hidden;
    this.inner = inner;
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.headSize = headSize;
    this.tied = tied;
  }

  /** The shape of that name. */
  public static ModelShape of(String label) {
    return Arrays.stream(values())
        .filter(shape -> shape.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no model shape '"
                        + label
                        + "'; known: "
                        + Arrays.stream(values()).map(ModelShape::label).toList()));
  }

  /** Its name for people. */
  public String label() {
    return label;
  }

  /** The shape as a model; an untied head gives another token than the last one. */
  ModelConfig config(boolean untied) {
    boolean qwen = family.equals("qwen3");
    return new ModelConfig(
        family,
        label,
        vocabulary,
        layers,
        hidden,
        inner,
        heads,
        kvHeads,
        headSize,
        CONTEXT_TOKENS,
        qwen ? 1e-6f : 1e-5f,
        qwen ? 1_000_000 : 500_000,
        headSize,
        new RopeScaling.None(),
        qwen ? RopePairing.HALVES : RopePairing.INTERLEAVED,
        false,
        qwen,
        tied && !untied);
  }

  /** Elements of all matrices of a pass but the head: those that every row is multiplied with. */
  long layerElements() {
    long query = (long) heads * headSize;
    long kv = (long) kvHeads * headSize;
    long perLayer = hidden * (2 * query + 2 * kv) + 3L * hidden * inner;
    return layers * perLayer;
  }

  /** Elements of the head. */
  long headElements() {
    return (long) vocabulary * hidden;
  }

  /** Key and value elements of one position. */
  long kvElements() {
    return 2L * layers * kvHeads * headSize;
  }

  /** Multiplications and additions of attention for a query at one position. */
  long attentionFlops() {
    return 4L * layers * heads * headSize;
  }

  /** Weight formats that its matrices can have. */
  public static List<WeightFormat> formats() {
    return List.of(WeightFormat.BF16, WeightFormat.F16, WeightFormat.Q8_0, WeightFormat.Q4_0);
  }
}
