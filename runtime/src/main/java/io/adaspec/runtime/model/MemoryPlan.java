package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.tensor.PackedMatrix;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What a model takes in memory on the CPU; nothing of it is on the heap but norms and biases.
 *
 * @param mappedBytes embedding rows that are read from the mapped file
 * @param repackedBytes weights copied once into kernel order
 * @param kvBytesPerToken keys and values of one token over all layers
 * @param tensors the matrices in kernel order
 */
public record MemoryPlan(
    long mappedBytes, long repackedBytes, long kvBytesPerToken, List<PackedTensor> tensors) {
  /** The tensor whose rows are read from the mapped file. */
  public static final String EMBEDDING = "token_embd.weight";

  public MemoryPlan {
    tensors = List.copyOf(tensors);
  }

  /** One matrix: panels of {@code panelRows} outputs, the last one padded; alignment included. */
  public record PackedTensor(String name, WeightFormat format, int panelRows, long bytes) {
    private static PackedTensor of(WeightTensor tensor, int panelRows) {
      return new PackedTensor(
          tensor.name(), tensor.format(), panelRows, PackedMatrix.packedBytes(tensor, panelRows));
    }
  }

  /**
   * The plan of a model, from its shapes alone.
   *
   * @param panelRows outputs that the kernels compute side by side
   */
  public static MemoryPlan of(ModelWeights model, int panelRows, KvGeometry geometry) {
    List<PackedTensor> packed = new ArrayList<>();
    for (String name : model.weights().names().stream().sorted().toList()) {
      WeightTensor tensor = model.weights().tensor(name);
      boolean onlyLookedUp = name.equals(EMBEDDING) && !model.config().tiedHead();
      if (tensor.shape().size() > 1 && !onlyLookedUp) {
        packed.add(PackedTensor.of(tensor, panelRows));
      }
    }
    return new MemoryPlan(
        model.weights().tensor(EMBEDDING).data().byteSize(),
        packed.stream().mapToLong(PackedTensor::bytes).sum(),
        geometry.bytesPerToken(),
        packed);
  }
}
