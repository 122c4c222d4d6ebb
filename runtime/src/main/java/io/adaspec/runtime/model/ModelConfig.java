package io.adaspec.runtime.model;

/**
 * Shape and constants of a decoder-only transformer, the same whatever file it came from.
 *
 * @param architecture the family's name as in GGUF ({@code llama}, {@code qwen2}, {@code qwen3})
 * @param name the model's own name, for people
 * @param vocabularySize rows of the embedding and of the head that are used
 * @param layers transformer blocks
 * @param hiddenSize width of the residual stream
 * @param feedForwardSize inner width of the gated FFN
 * @param heads query heads
 * @param kvHeads key/value heads; divides {@code heads}
 * @param headSize width of one head; {@code heads} of them need not be the hidden size
 * @param contextTokens longest sequence the model was made for
 * @param normEpsilon epsilon of RMSNorm
 * @param ropeTheta base of the rotary frequencies
 * @param ropeSize leading elements of a head that are rotated; even
 * @param ropeScaling how frequencies are stretched
 * @param ropePairing which elements form a rotated pair
 * @param attentionBias whether Q, K and V projections have a bias
 * @param queryKeyNorm whether every head of Q and K goes through an RMSNorm before it is rotated
 * @param tiedHead whether the head is the embedding matrix
 */
public record ModelConfig(
    String architecture,
    String name,
    int vocabularySize,
    int layers,
    int hiddenSize,
    int feedForwardSize,
    int heads,
    int kvHeads,
    int headSize,
    int contextTokens,
    float normEpsilon,
    float ropeTheta,
    int ropeSize,
    RopeScaling ropeScaling,
    RopePairing ropePairing,
    boolean attentionBias,
    boolean queryKeyNorm,
    boolean tiedHead) {

  /** Which elements of a head are rotated together. */
  public enum RopePairing {
    /** Elements 2i and 2i + 1 (GGUF files of the llama family). */
    INTERLEAVED,
    /** Elements i and i + ropeSize / 2 (Hugging Face files, GGUF files of the qwen families). */
    HALVES
  }

  public ModelConfig {
    positive("vocabulary size", vocabularySize);
    positive("layer count", layers);
    positive("hidden size", hiddenSize);
    positive("feed-forward size", feedForwardSize);
    positive("head count", heads);
    positive("KV head count", kvHeads);
    positive("head size", headSize);
    positive("context length", contextTokens);
    if (heads % kvHeads != 0) {
      throw new ModelFormatException(heads + " heads cannot share " + kvHeads + " KV heads evenly");
    }
    if (ropeSize <= 0 || ropeSize > headSize || ropeSize % 2 != 0) {
      throw new ModelFormatException(
          "rope size " + ropeSize + " must be even and within head size " + headSize);
    }
    if (!isPositive(normEpsilon) || !isPositive(ropeTheta)) {
      throw new ModelFormatException(
          "norm epsilon "
              + normEpsilon
              + " and rope theta "
              + ropeTheta
              + " must be positive and finite; convert the model again");
    }
    Math.multiplyExact(heads, headSize);
  }

  /** The same with another number of tokens. */
  ModelConfig withVocabularySize(int tokens) {
    return new ModelConfig(
        architecture,
        name,
        tokens,
        layers,
        hiddenSize,
        feedForwardSize,
        heads,
        kvHeads,
        headSize,
        contextTokens,
        normEpsilon,
        ropeTheta,
        ropeSize,
        ropeScaling,
        ropePairing,
        attentionBias,
        queryKeyNorm,
        tiedHead);
  }

  /** Width of keys (and of values) of one token in one layer. */
  public int kvSize() {
    return kvHeads * headSize;
  }

  /** Width of the queries of one token in one layer. */
  public int querySize() {
    return heads * headSize;
  }

  private static boolean isPositive(float value) {
    return value > 0 && Float.isFinite(value);
  }

  private static void positive(String what, int value) {
    if (value <= 0) {
      throw new ModelFormatException(what + " must be positive, not " + value);
    }
  }
}
