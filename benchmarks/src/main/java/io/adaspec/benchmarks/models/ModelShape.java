package io.adaspec.benchmarks.models;

import java.util.Arrays;
import java.util.Locale;

/**
 * Sizes of a generated model: llama or qwen3 family, 32,000 tokens, head of its own.
 *
 * <p>{@code residualFactor} scales what all layers but the first two add to the residual stream. It
 * was tuned so that the first two layers alone, as a draft of three tokens, are accepted at a rate
 * of 0.75 to 0.8 when decoding greedily.
 */
public enum ModelShape {
  /** For tests of the generator. */
  TINY(64, 4, 4, 2, 160, 0.11f),
  /** The same with normed heads, which are together wider than the residual stream. */
  TINY_QWEN3(64, 4, 4, 2, 32, 160, 0.11f),
  M15(288, 6, 6, 6, 768, 0.08f),
  M110(768, 12, 12, 12, 2048, 0.05f),
  /** TinyLlama's. */
  B1_1(2048, 22, 32, 4, 5632, 0.035f),
  /** Qwen3-0.6B's, but for the vocabulary and the head. */
  QWEN3_B0_6(1024, 28, 16, 8, 128, 3072, 0.03f);

  static final int VOCABULARY = 32_000;
  static final int CONTEXT_TOKENS = 2048;

  /** Layers of the constructed draft, which are also the target's layers of full weight. */
  static final int DRAFT_LAYERS = 2;

  final String family;
  final int hiddenSize;
  final int layers;
  final int heads;
  final int kvHeads;
  final int headSize;
  final int feedForwardSize;
  final float residualFactor;

  /** Of the llama family. */
  ModelShape(
      int hiddenSize,
      int layers,
      int heads,
      int kvHeads,
      int feedForwardSize,
      float residualFactor) {
    this(
        "llama",
        hiddenSize,
        layers,
        heads,
        kvHeads,
        hiddenSize / heads,
        feedForwardSize,
        residualFactor);
  }

  /** Of the qwen3 family. */
  ModelShape(
      int hiddenSize,
      int layers,
      int heads,
      int kvHeads,
      int headSize,
      int feedForwardSize,
      float residualFactor) {
    this("qwen3", hiddenSize, layers, heads, kvHeads, headSize, feedForwardSize, residualFactor);
  }

  ModelShape(
      String family,
      int hiddenSize,
      int layers,
      int heads,
      int kvHeads,
      int headSize,
      int feedForwardSize,
      float residualFactor) {
    this.family = family;
    this.hiddenSize = hiddenSize;
    this.layers = layers;
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.headSize = headSize;
    this.feedForwardSize = feedForwardSize;
    this.residualFactor = residualFactor;
  }

  /** The name on the command line and in file names, such as {@code 110m}. */
  public String label() {
    return switch (this) {
      case TINY -> "tiny";
      case TINY_QWEN3 -> "tiny-qwen3";
      case M15 -> "15m";
      case M110 -> "110m";
      case B1_1 -> "1.1b";
      case QWEN3_B0_6 -> "qwen3-0.6b";
    };
  }

  /**
   * The shape of that label.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ModelShape of(String label) {
    for (ModelShape shape : values()) {
      if (shape.label().equals(label.toLowerCase(Locale.ROOT))) {
        return shape;
      }
    }
    throw new IllegalArgumentException(
        "no shape "
            + label
            + "; known are "
            + Arrays.stream(values()).map(ModelShape::label).toList());
  }

  int querySize() {
    return heads * headSize;
  }

  int keyValueSize() {
    return kvHeads * headSize;
  }
}
