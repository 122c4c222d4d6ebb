package io.adaspec.gpu;

import io.adaspec.runtime.kvcache.KvGeometry.ElementType;
import io.adaspec.runtime.tensor.WeightTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Matrices that are multiplied with the same activations, their results side by side.
 *
 * <p>Tensors of one format become one matrix. Tensors whose formats want different activations (a
 * mixture that no common converter writes) are all expanded to F32, which is exact.
 *
 * @param parts at least one
 * @param activations element type of the activations
 * @param outputs width of a row of results
 */
record StackPlan(List<MatrixPlan> parts, ElementType activations, int outputs) {
  StackPlan {
    parts = List.copyOf(parts);
  }

  static StackPlan of(WeightTensor... tensors) {
    DeviceFormat first = DeviceFormat.of(tensors[0].format());
    boolean mixed = false;
    for (WeightTensor tensor : tensors) {
      mixed |= DeviceFormat.of(tensor.format()).activations() != first.activations();
    }
    List<MatrixPlan> parts = new ArrayList<>();
    int outColumn = 0;
    for (WeightTensor tensor : tensors) {
      DeviceFormat format = mixed ? DeviceFormat.F32 : DeviceFormat.of(tensor.format());
      add(parts, format, tensor, outColumn);
      outColumn += Math.toIntExact(tensor.rows());
    }
    return new StackPlan(parts, mixed ? ElementType.F32 : first.activations(), outColumn);
  }

  long bytes() {
    return parts.stream().mapToLong(MatrixPlan::bytes).sum();
  }

  /** Bytes in another format. */
  long bytesAs(DeviceFormat format) {
    return parts.stream().mapToLong(part -> part.as(format).bytes()).sum();
  }

  /** Inputs of every part. */
  int columns() {
    return parts.getFirst().columns();
  }

  private static void add(
      List<MatrixPlan> parts, DeviceFormat format, WeightTensor tensor, int outColumn) {
    int rows = Math.toIntExact(tensor.rows());
    int columns = Math.toIntExact(tensor.columns());
    MatrixPlan last = parts.isEmpty() ? null : parts.getLast();
    if (last != null && last.format() == format && startsTile(last)) {
      List<WeightTensor> sources = new ArrayList<>(last.sources());
      sources.add(tensor);
      parts.removeLast();
      parts.add(new MatrixPlan(format, sources, last.outputs() + rows, columns, last.outColumn()));
    } else {
      parts.add(new MatrixPlan(format, List.of(tensor), rows, columns, outColumn));
    }
  }

  private static boolean startsTile(MatrixPlan plan) {
    return plan.format() == DeviceFormat.F32 || plan.outputs() % DeviceFormat.TILE_OUTPUTS == 0;
  }
}
