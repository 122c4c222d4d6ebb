package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.tensor.WeightRows;
import io.adaspec.runtime.tensor.WeightTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.LongConsumer;
import jcuda.driver.JCudaDriver;

/**
 * Streams weights from their mapped file into GPU memory, through one pinned buffer, and has the
 * GPU put them into kernel order. Quantised weights stay quantised. Closing frees the buffers, not
 * the weights.
 */
final class WeightUploader implements AutoCloseable {
  private static final long LEAST_STAGING_BYTES = 1L << 20;
  private static final long MOST_STAGING_BYTES = 32L << 20;

  private final CudaContext context;
  private final KernelModule kernels;
  private final DeviceArena weights;
  private final DeviceArena own = new DeviceArena();
  private final PinnedBuffer staging;
  private final DeviceBuffer source;
  private final DeviceBuffer bad;
  private final LongConsumer progress;
  private final long stagingBytes;

  /**
   * @param weights owns what is uploaded
   * @param expectedBytes about as much will be uploaded; the buffer need not be larger
   * @param progress told the bytes of every piece
   */
  WeightUploader(
      CudaContext context,
      KernelModule kernels,
      DeviceArena weights,
      long expectedBytes,
      LongConsumer progress) {
    this.context = context;
    this.kernels = kernels;
    this.weights = weights;
    this.progress = progress;
    this.stagingBytes = Math.clamp(expectedBytes, LEAST_STAGING_BYTES, MOST_STAGING_BYTES);
    try {
      this.staging = own.allocatePinned(stagingBytes, "staging of weights");
      this.source = own.allocate(stagingBytes, "staging of weights");
      this.bad = own.allocate(Integer.BYTES, "the check of weights");
    } catch (DeviceException e) {
      own.close();
      throw e;
    }
  }

  DeviceModel.Stack stack(StackPlan plan) {
    List<DeviceMatrix> parts = plan.parts().stream().map(this::matrix).toList();
    return new DeviceModel.Stack(parts, plan.activations(), plan.outputs());
  }

  /**
   * Uploads a matrix.
   *
   * @throws DeviceException if the GPU fails or an F16 weight or scale is not finite
   */
  DeviceMatrix matrix(MatrixPlan plan) {
    String name = plan.sources().getFirst().name();
    DeviceBuffer data = weights.allocate(plan.dataBytes(), name);
    DeviceBuffer scales = plan.scaleBytes() > 0 ? weights.allocate(plan.scaleBytes(), name) : data;
    DeviceMatrix matrix = new DeviceMatrix(plan, data, scales);
    int first = 0;
    for (WeightTensor tensor : plan.sources()) {
      upload(matrix, tensor, first);
      first += Math.toIntExact(tensor.rows());
    }
    return matrix;
  }

  /** Uploads tensors of one row as floats, one after the other. */
  DeviceBuffer vector(List<WeightTensor> tensors) {
    int count = tensors.stream().mapToInt(tensor -> Math.toIntExact(tensor.columns())).sum();
    float[] values = new float[count];
    int at = 0;
    for (WeightTensor tensor : tensors) {
      WeightRows.read(tensor, 0, values, at);
      at += Math.toIntExact(tensor.columns());
    }
    return floats(values, tensors.getFirst().name());
  }

  DeviceBuffer floats(float[] values, String purpose) {
    DeviceBuffer buffer = weights.allocate(4L * values.length, purpose);
    MemorySegment.copy(values, 0, staging.memory(), ValueLayout.JAVA_FLOAT, 0, values.length);
    send(buffer, buffer.bytes());
    context.synchronize();
    return buffer;
  }

  private void upload(DeviceMatrix matrix, WeightTensor tensor, int firstOutput) {
    int rows = Math.toIntExact(tensor.rows());
    long rowBytes = tensor.format().bytesOf(tensor.columns());
    int tile = DeviceFormat.TILE_OUTPUTS;
    int most = Math.toIntExact(Math.min(rows, stagingBytes / rowBytes / tile * tile));
    if (most == 0) {
      throw DeviceException.permanentFailure(
          "tensor "
              + tensor.name()
              + " has rows of "
              + rowBytes
              + " bytes; the GPU device takes "
              + stagingBytes / tile);
    }
    check(
        JCudaDriver.cuMemsetD8Async(bad.pointer(), (byte) 0, bad.bytes(), context.stream()),
        "cuMemsetD8Async");
    for (int row = 0; row < rows; row += most) {
      int count = Math.min(most, rows - row);
      long bytes = count * rowBytes;
      MemorySegment.copy(tensor.data(), row * rowBytes, staging.memory(), 0, bytes);
      send(source, bytes);
      repack(matrix, tensor, firstOutput + row, count, rowBytes);
      context.synchronize();
      progress.accept(bytes);
    }
    requireFinite(tensor);
  }

  private void repack(
      DeviceMatrix matrix, WeightTensor tensor, int first, int rows, long rowBytes) {
    MatrixPlan plan = matrix.plan();
    int format = DeviceFormat.of(tensor.format()).code();
    if (plan.format() == DeviceFormat.F32) {
      kernels.launch(
          "expand_rows",
          KernelModule.Grid.of(rows),
          new LaunchArguments()
              .add(source)
              .add(format)
              .add(first)
              .add(plan.columns())
              .add(Math.toIntExact(rowBytes))
              .add(plan.chunks())
              .add(matrix.data())
              .add(bad));
      return;
    }
    kernels.launch(
        "repack_tiles",
        new KernelModule.Grid(
            plan.chunks(), Math.ceilDiv(rows, DeviceFormat.TILE_OUTPUTS), 1, 32, 0),
        new LaunchArguments()
            .add(source)
            .add(format)
            .add(first)
            .add(rows)
            .add(plan.columns())
            .add(Math.toIntExact(rowBytes))
            .add(plan.chunks())
            .add(matrix.data())
            .add(matrix.scales())
            .add(bad));
  }

  private void requireFinite(WeightTensor tensor) {
    check(
        JCudaDriver.cuMemcpyDtoHAsync(
            staging.pointer(), bad.pointer(), bad.bytes(), context.stream()),
        "cuMemcpyDtoHAsync");
    context.synchronize();
    if (staging.memory().get(ValueLayout.JAVA_INT, 0) != 0) {
      throw DeviceException.permanentFailure(
          "tensor "
              + tensor.name()
              + " holds an infinite or undefined "
              + tensor.format()
              + " number; the file is damaged or its conversion overflowed");
    }
  }

  private void send(DeviceBuffer target, long bytes) {
    check(
        JCudaDriver.cuMemcpyHtoDAsync(target.pointer(), staging.pointer(), bytes, context.stream()),
        "cuMemcpyHtoDAsync");
  }

  @Override
  public void close() {
    own.close();
  }
}
