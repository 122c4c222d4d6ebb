package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.Weights;
import io.adaspec.runtime.tensor.WeightTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where every weight of a model will lie in GPU memory, known before anything is uploaded.
 *
 * @param config the model
 * @param embedding [vocabulary, hidden]
 * @param head the same plan as {@code embedding} when the model ties them
 * @param outputNorm [hidden]
 * @param layers the transformer blocks
 */
record ModelPlan(
    ModelConfig config,
    MatrixPlan embedding,
    StackPlan head,
    WeightTensor outputNorm,
    List<Layer> layers) {
  private static final int MOST_HEAD_SIZE = 256;

  /** Keys and values are read 16 bytes at a time. */
  private static final int HEAD_STEP = 8;

  ModelPlan {
    layers = List.copyOf(layers);
  }

  /**
   * One transformer block.
   *
   * @param biases of queries, keys and values, or none
   * @param headNorms of the heads of queries and of keys, or none
   */
  record Layer(
      WeightTensor attentionNorm,
      StackPlan queryKeyValue,
      List<WeightTensor> biases,
      List<WeightTensor> headNorms,
      StackPlan attentionOutput,
      WeightTensor feedForwardNorm,
      StackPlan gateUp,
      StackPlan down) {
    Layer {
      biases = List.copyOf(biases);
      headNorms = List.copyOf(headNorms);
    }

    Stream<StackPlan> stacks() {
      return Stream.of(queryKeyValue, attentionOutput, gateUp, down);
    }

    long bytes() {
      return stacks().mapToLong(StackPlan::bytes).sum();
    }

    long bytesAs(DeviceFormat format) {
      return stacks().mapToLong(stack -> stack.bytesAs(format)).sum();
    }
  }

  /**
   * @throws DeviceException if the kernels cannot compute a model of that shape
   */
  static ModelPlan of(ModelWeights model) {
    ModelConfig config = model.config();
    if (config.headSize() > MOST_HEAD_SIZE || config.headSize() % HEAD_STEP != 0) {
      throw DeviceException.permanentFailure(
          "the GPU kernels take attention heads of a multiple of "
              + HEAD_STEP
              + " up to "
              + MOST_HEAD_SIZE
              + " elements, model "
              + config.name()
              + " has "
              + config.headSize()
              + "; use --device cpu");
    }
    Weights weights = model.weights();
    StackPlan embedding = StackPlan.of(weights.tensor("token_embd.weight"));
    StackPlan head = config.tiedHead() ? embedding : StackPlan.of(weights.tensor("output.weight"));
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      layers.add(layer(weights, "blk." + i + "."));
    }
    return new ModelPlan(
        config, embedding.parts().getFirst(), head, weights.tensor("output_norm.weight"), layers);
  }

  /** Bytes of all matrices; norms and biases are too small to count. */
  long bytes() {
    long bytes = head.bytes();
    if (!config.tiedHead()) {
      bytes += embedding.bytes();
    }
    return bytes + layers.stream().mapToLong(Layer::bytes).sum();
  }

  /**
   * Bytes of the largest matrix of a block in rows of half precision; 0 when all are F32, which is
   * not expanded.
   */
  long mostExpandedBytes() {
    return layers.stream()
        .flatMap(Layer::stacks)
        .flatMap(stack -> stack.parts().stream())
        .mapToLong(MatrixPlan::expandedBytes)
        .max()
        .orElse(0);
  }

  /** What all matrices would take in another format. */
  long bytesAs(DeviceFormat format) {
    long bytes = head.bytesAs(format);
    if (!config.tiedHead()) {
      bytes += embedding.as(format).bytes();
    }
    return bytes + layers.stream().mapToLong(layer -> layer.bytesAs(format)).sum();
  }

  /** Keys and values are kept as the first block's activations are. */
  KvGeometry kvGeometry(int blockTokens) {
    return new KvGeometry(
        config.layers(),
        config.kvHeads(),
        config.headSize(),
        blockTokens,
        layers.getFirst().queryKeyValue().activations());
  }

  private static Layer layer(Weights weights, String prefix) {
    List<WeightTensor> biases =
        weights.has(prefix + "attn_q.bias")
            ? List.of(
                weights.tensor(prefix + "attn_q.bias"),
                weights.tensor(prefix + "attn_k.bias"),
                weights.tensor(prefix + "attn_v.bias"))
            : List.of();
    List<WeightTensor> headNorms =
        weights.has(prefix + "attn_q_norm.weight")
            ? List.of(
                weights.tensor(prefix + "attn_q_norm.weight"),
                weights.tensor(prefix + "attn_k_norm.weight"))
            : List.of();
    return new Layer(
        weights.tensor(prefix + "attn_norm.weight"),
        StackPlan.of(
            weights.tensor(prefix + "attn_q.weight"),
            weights.tensor(prefix + "attn_k.weight"),
            weights.tensor(prefix + "attn_v.weight")),
        biases,
        headNorms,
        StackPlan.of(weights.tensor(prefix + "attn_output.weight")),
        weights.tensor(prefix + "ffn_norm.weight"),
        StackPlan.of(
            weights.tensor(prefix + "ffn_gate.weight"), weights.tensor(prefix + "ffn_up.weight")),
        StackPlan.of(weights.tensor(prefix + "ffn_down.weight")));
  }
}
