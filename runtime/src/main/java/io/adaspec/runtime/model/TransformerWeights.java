package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.FiniteWeights;
import io.adaspec.runtime.tensor.NativeMemory;
import io.adaspec.runtime.tensor.PackedMatrix;
import io.adaspec.runtime.tensor.WeightRows;
import io.adaspec.runtime.tensor.WeightTensor;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * The weights of one model in the kernels' order.
 *
 * @param embedding [vocabulary, hidden], mapped
 * @param head [vocabulary, hidden]
 * @param outputNorm [hidden]
 * @param layers the transformer blocks
 */
record TransformerWeights(
    WeightTensor embedding, PackedMatrix head, float[] outputNorm, List<Layer> layers) {
  /** One transformer block; arrays of biases and head norms are empty when there are none. */
  record Layer(
      float[] attentionNorm,
      PackedMatrix query,
      PackedMatrix key,
      PackedMatrix value,
      float[] queryBias,
      float[] keyBias,
      float[] valueBias,
      float[] queryNorm,
      float[] keyNorm,
      PackedMatrix attentionOutput,
      float[] feedForwardNorm,
      PackedMatrix gate,
      PackedMatrix up,
      PackedMatrix down) {}

  /**
   * Repacks a model; the embedding is read from the mapped file.
   *
   * @throws ModelFormatException if a weight is not finite, naming it
   */
  static TransformerWeights pack(ModelWeights model, int panelRows, Arena arena, WorkerTeam team) {
    try {
      return packFinite(model, panelRows, arena, team);
    } catch (ModelFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(String.valueOf(e.getMessage()), e);
    }
  }

  private static TransformerWeights packFinite(
      ModelWeights model, int panelRows, Arena arena, WorkerTeam team) {
    Packing packing = Packing.of(model.weights(), panelRows, arena, team);
    WeightTensor embedding = model.weights().tensor("token_embd.weight");
    if (!model.config().tiedHead()) {
      FiniteWeights.require(embedding, team);
    }
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < model.config().layers(); i++) {
      layers.add(packing.layer("blk." + i + "."));
    }
    return new TransformerWeights(
        embedding,
        packing.matrix(model.config().tiedHead() ? "token_embd.weight" : "output.weight"),
        packing.vector("output_norm.weight"),
        List.copyOf(layers));
  }

  private record Packing(Weights weights, int panelRows, SegmentAllocator memory, WorkerTeam team) {
    /** One reservation for all matrices, so that small ones share huge pages too. */
    static Packing of(Weights weights, int panelRows, Arena arena, WorkerTeam team) {
      long bytes = 0;
      for (String name : weights.names()) {
        bytes = Math.addExact(bytes, PackedMatrix.packedBytes(weights.tensor(name), panelRows));
      }
      SegmentAllocator memory =
          SegmentAllocator.slicingAllocator(NativeMemory.reserve(bytes, arena));
      return new Packing(weights, panelRows, memory, team);
    }

    Layer layer(String prefix) {
      return new Layer(
          vector(prefix + "attn_norm.weight"),
          matrix(prefix + "attn_q.weight"),
          matrix(prefix + "attn_k.weight"),
          matrix(prefix + "attn_v.weight"),
          vectorIfPresent(prefix + "attn_q.bias"),
          vectorIfPresent(prefix + "attn_k.bias"),
          vectorIfPresent(prefix + "attn_v.bias"),
          vectorIfPresent(prefix + "attn_q_norm.weight"),
          vectorIfPresent(prefix + "attn_k_norm.weight"),
          matrix(prefix + "attn_output.weight"),
          vector(prefix + "ffn_norm.weight"),
          matrix(prefix + "ffn_gate.weight"),
          matrix(prefix + "ffn_up.weight"),
          matrix(prefix + "ffn_down.weight"));
    }

    PackedMatrix matrix(String name) {
      return PackedMatrix.pack(weights.tensor(name), panelRows, memory, team);
    }

    float[] vector(String name) {
      return WeightRows.vector(weights.tensor(name));
    }

    float[] vectorIfPresent(String name) {
      return weights.has(name) ? vector(name) : new float[0];
    }
  }
}
