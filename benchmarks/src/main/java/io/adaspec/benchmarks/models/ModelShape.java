package io.adaspec.benchmarks.models;

import java.util.Locale;

/**
 * Sizes of a generated model: llama family, 32,000 tokens, head of its own.
 *
 * <p>{@code residualFactor} scales what all layers but the first two add to the residual stream. It
 * was tuned so that the first two layers alone, as a draft of three tokens, are accepted at a rate
 * of 0.75 to 0.8 when decoding greedily.
 */
public enum ModelShape {
  /** For tests of the generator. */
  TINY(64, 4, 4, 2, 160, 0.11f),
  M15(288, 6, 6, 6, 768, 0.08f),
  M110(768, 12, 12, 12, 2048, 0.05f),
  /** TinyLlama's. */
  B1_1(2048, 22, 32, 4, 5632, 0.035f);

  static final int VOCABULARY = 32_000;
  static final int CONTEXT_TOKENS = 2048;

  /** Layers of the constructed draft, which are also the target's layers of full weight. */
  static final int DRAFT_LAYERS = 2;

  final int hiddenSize;
  final int layers;
  final int heads;
  final int kvHeads;
  final int feedForwardSize;
  final float residualFactor;

  ModelShape(
      int hiddenSize,
      int layers,
      int heads,
      int kvHeads,
      int feedForwardSize,
      float residualFactor) {
    this.hiddenSize = hiddenSize;
    this.layers = layers;
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.feedForwardSize = feedForwardSize;
    this.residualFactor = residualFactor;
  }

  /** The name on the command line and in file names: {@code 15m}, {@code 110m}, {@code 1.1b}. */
  public String label() {
    return switch (this) {
      case TINY -> "tiny";
      case M15 -> "15m";
      case M110 -> "110m";
      case B1_1 -> "1.1b";
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
    throw new IllegalArgumentException("no shape " + label + "; known are 15m, 110m, 1.1b, tiny");
  }

  int keyValueSize() {
    return hiddenSize / heads * kvHeads;
  }
}
