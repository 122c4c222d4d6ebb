package io.adaspec.gpu;

import io.adaspec.runtime.kvcache.KvGeometry.ElementType;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.RopeFrequencies;
import java.util.ArrayList;
import java.util.List;

/**
 * The weights of one model in GPU memory.
 *
 * @param config the model
 * @param embedding [vocabulary, hidden]
 * @param head [vocabulary, hidden]
 * @param outputNorm [hidden] floats
 * @param frequencies [ropeSize / 2] floats
 * @param layers the transformer blocks
 */
record DeviceModel(
    ModelConfig config,
    DeviceMatrix embedding,
    Stack head,
    DeviceBuffer outputNorm,
    DeviceBuffer frequencies,
    List<Layer> layers) {
  DeviceModel {
    layers = List.copyOf(layers);
  }

  /** Matrices multiplied with the same activations. */
  record Stack(List<DeviceMatrix> parts, ElementType activations, int outputs) {
    Stack {
      parts = List.copyOf(parts);
    }

    /** Chunks of 32 inputs. */
    int chunks() {
      return parts.getFirst().plan().chunks();
    }
  }

  /**
   * One transformer block.
   *
   * @param bias of queries, keys and values together; not read unless {@code biased}
   * @param headNorm [2 * headSize], of queries and of keys; not read unless {@code headsNormed}
   */
  record Layer(
      DeviceBuffer attentionNorm,
      Stack queryKeyValue,
      DeviceBuffer bias,
      boolean biased,
      DeviceBuffer headNorm,
      boolean headsNormed,
      Stack attentionOutput,
      DeviceBuffer feedForwardNorm,
      Stack gateUp,
      Stack down) {}

  /** Uploads a model. */
  static DeviceModel upload(ModelPlan plan, WeightUploader uploader) {
    DeviceMatrix embedding = uploader.matrix(plan.embedding());
    Stack head =
        plan.config().tiedHead()
            ? new Stack(List.of(embedding), plan.head().activations(), plan.head().outputs())
            : uploader.stack(plan.head());
    List<Layer> layers = new ArrayList<>();
    for (ModelPlan.Layer layer : plan.layers()) {
      layers.add(upload(layer, uploader));
    }
    return new DeviceModel(
        plan.config(),
        embedding,
        head,
        uploader.vector(List.of(plan.outputNorm())),
        uploader.floats(RopeFrequencies.of(plan.config()), "rotary frequencies"),
        layers);
  }

  private static Layer upload(ModelPlan.Layer layer, WeightUploader uploader) {
    DeviceBuffer attentionNorm = uploader.vector(List.of(layer.attentionNorm()));
    boolean biased = !layer.biases().isEmpty();
    boolean headsNormed = !layer.headNorms().isEmpty();
    return new Layer(
        attentionNorm,
        uploader.stack(layer.queryKeyValue()),
        biased ? uploader.vector(layer.biases()) : attentionNorm,
        biased,
        headsNormed ? uploader.vector(layer.headNorms()) : attentionNorm,
        headsNormed,
        uploader.stack(layer.attentionOutput()),
        uploader.vector(List.of(layer.feedForwardNorm())),
        uploader.stack(layer.gateUp()),
        uploader.stack(layer.down()));
  }
}
