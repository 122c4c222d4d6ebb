package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.tensor.PackedMatrix;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.List;

/**
 * What a model takes in memory on the CPU.
 *
 * @param mappedBytes embedding rows that are read from the mapped file
 * @param packedBytes weights copied into kernel order
 * @param kvBytesPerToken keys and values of one token over all layers
 * @param tensors the matrices in kernel order
 */
public record MemoryPlan(
    long mappedBytes, long packedBytes, long kvBytesPerToken, List<PackedTensor> tensors) {
  public MemoryPlan {
    tensors = List.copyOf(tensors);
  }

  /** One matrix: panels of {@code panelRows} outputs. */
  public record PackedTensor(String name, WeightFormat format, int panelRows, long bytes) {}

  static MemoryPlan of(TransformerWeights weights, KvGeometry geometry) {
    List<PackedTensor> tensors = weights.matrices().stream().map(MemoryPlan::tensor).toList();
    return new MemoryPlan(
        weights.embedding().data().byteSize(),
        tensors.stream().mapToLong(PackedTensor::bytes).sum(),
        geometry.bytesPerToken(),
        tensors);
  }

  private static PackedTensor tensor(PackedMatrix matrix) {
    return new PackedTensor(matrix.name(), matrix.format(), matrix.panelRows(), matrix.bytes());
  }
}
