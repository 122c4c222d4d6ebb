package io.adaspec.runtime.model;

import io.adaspec.runtime.model.ModelConfig.RopePairing;
import io.adaspec.runtime.tensor.WeightTensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What distinguishes one model family from another, as data; {@link Architectures} has the table.
 *
 * @param name the family's name in GGUF files
 * @param huggingFaceClasses names of the family in the {@code architectures} of config.json
 * @param ggufPairing how GGUF files of the family pair rotated elements
 * @param attentionBias whether Q, K and V always have biases
 * @param queryKeyNorm whether heads of Q and K always have a norm
 * @param tensors every tensor that the engine reads
 * @param ignored patterns of tensors that may be there and mean nothing to the engine
 */
record Architecture(
    String name,
    Set<String> huggingFaceClasses,
    RopePairing ggufPairing,
    boolean attentionBias,
    boolean queryKeyNorm,
    List<TensorRule> tensors,
    List<String> ignored) {

  Architecture {
    huggingFaceClasses = Set.copyOf(huggingFaceClasses);
    tensors = List.copyOf(tensors);
    ignored = List.copyOf(ignored);
  }

  /**
   * The tensors of a model under the engine's names.
   *
   * @param present names in the file
   * @param find gives a tensor by its name in the file
   * @param huggingFaceNames whether the file uses Hugging Face names
   * @throws ModelFormatException if a tensor is missing, has another shape, or is not of this
   *     family (what it does would be left out, and the text would be wrong)
   */
  Map<String, WeightTensor> bind(
      ModelConfig config,
      Set<String> present,
      Function<String, WeightTensor> find,
      boolean huggingFaceNames) {
    Set<String> unused = new HashSet<>(present);
    Map<String, WeightTensor> bound = new LinkedHashMap<>();
    for (TensorRule rule : tensors) {
      if (!rule.presence().in(config)) {
        continue;
      }
      int count = rule.perLayer() ? config.layers() : 1;
      for (int layer = 0; layer < count; layer++) {
        String fileName = huggingFaceNames ? rule.huggingFaceName(layer) : rule.name(layer);
        if (!unused.remove(fileName)) {
          throw missing(config, fileName);
        }
        WeightTensor tensor = find.apply(fileName);
        List<Long> shape = rule.shape(config);
        if (!tensor.shape().equals(shape)) {
          throw new ModelFormatException(
              "tensor "
                  + fileName
                  + " has shape "
                  + tensor.shape()
                  + ", but the model's configuration asks for "
                  + shape
                  + " "
                  + rule.shape());
        }
        String engineName = rule.name(layer);
        bound.put(
            engineName,
            new WeightTensor(engineName, tensor.format(), tensor.shape(), tensor.data()));
      }
    }
    refuseUnknown(unused);
    return bound;
  }

  private void refuseUnknown(Set<String> unused) {
    unused.stream()
        .filter(tensor -> ignored.stream().noneMatch(tensor::matches))
        .sorted()
        .findFirst()
        .ifPresent(
            tensor -> {
              throw new ModelFormatException(
                  "tensor "
                      + tensor
                      + " is not part of architecture "
                      + name
                      + " as this engine computes it; supported are "
                      + Architectures.names());
            });
  }

  private ModelFormatException missing(ModelConfig config, String tensor) {
    return new ModelFormatException(
        "tensor "
            + tensor
            + " is missing; architecture "
            + name
            + " needs "
            + tensors.stream()
                .filter(rule -> rule.presence().in(config))
                .map(TensorRule::name)
                .toList());
  }
}
