package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.kvcache.KvGeometry.ElementType;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightRows;
import io.adaspec.runtime.tensor.WeightTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Matrix products with as many chunks of inputs as real models have, in every kernel. */
class ProductsTest {
  static final int OUTPUTS = 150;
  private static final int ROWS = 270;

  /** Rows of different content; they repeat, so that every place of a grid is compared. */
  private static final int DISTINCT = 90;

  private final CudaContext context = TestGpu.context();
  private final DeviceArena arena = new DeviceArena();
  private final KernelModule kernels = KernelModule.load(context);

  @AfterEach
  void close() {
    arena.close();
    context.close();
  }

  /**
   * 9 chunks: one class holds two. 33: the narrow kernels go round once more for one class. 67: the
   * wide kernels' stages and classes wrap, classes are unequal, and it is no multiple of anything.
   */
  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void everyKernelGivesTheSameSums(WeightFormat format) {
    SplittableRandom random = new SplittableRandom(11);
    for (int columns : new int[] {288, 1056, 2144}) {
      WeightTensor weights = weights(format, columns, random);
      DeviceModel.Stack stack = upload(weights);
      float[][] x = activations(stack.activations(), columns, random);
      DeviceBuffer inputs = upload(x, stack);
      float[][] most = multiply(stack, inputs, ROWS, 512);
      for (int bucket : new int[] {8, 16, 32, 64, 128}) {
        int rows = Math.min(bucket - 1, DISTINCT);
        float[][] some = multiply(stack, inputs, rows, bucket);
        for (int row = 0; row < rows; row++) {
          assertThat(some[row])
              .as("%d columns, row %d of %d", columns, row, rows)
              .isEqualTo(most[row]);
        }
      }
      for (int row = DISTINCT; row < ROWS; row++) {
        assertThat(most[row])
            .as("%d columns, row %d", columns, row)
            .isEqualTo(most[row % DISTINCT]);
      }
      float[] w = new float[columns];
      for (int output = 0; output < OUTPUTS; output += 7) {
        WeightRows.read(weights, output, w, 0);
        for (int row = 0; row < DISTINCT; row += 13) {
          requireSum(most[row][output], x[row], w);
        }
      }
    }
  }

  private static void requireSum(float actual, float[] x, float[] w) {
    requireSum(actual, x, w, 1e-5);
  }

  /** The sum of products within a share of the sum of their sizes. */
  static void requireSum(float actual, float[] x, float[] w, double precision) {
    double sum = 0;
    double size = 0;
    for (int i = 0; i < w.length; i++) {
      sum += (double) x[i] * w[i];
      size += Math.abs((double) x[i] * w[i]);
    }
    assertThat((double) actual).isCloseTo(sum, within(precision * size));
  }

  static WeightTensor weights(WeightFormat format, int columns, SplittableRandom random) {
    float[] values = new float[OUTPUTS * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return RandomModels.encode("w", OUTPUTS, columns, format, values);
  }

  private DeviceModel.Stack upload(WeightTensor weights) {
    try (WeightUploader uploader =
        new WeightUploader(context, kernels, arena, weights.data().byteSize(), bytes -> {})) {
      return uploader.stack(StackPlan.of(weights));
    }
  }

  /** Random activations that the element type holds exactly. */
  static float[][] activations(ElementType type, int columns, SplittableRandom random) {
    float[][] x = new float[DISTINCT][columns];
    for (float[] row : x) {
      for (int i = 0; i < columns; i++) {
        float value = (float) random.nextGaussian();
        row[i] = type == ElementType.F32 ? value : Math.round(value * 32) / 32f;
      }
    }
    return x;
  }

  private DeviceBuffer upload(float[][] x, DeviceModel.Stack stack) {
    int columns = x[0].length;
    int bytes = stack.activations().bytes();
    DeviceBuffer buffer = arena.allocate((long) ROWS * columns * bytes, "activations");
    PinnedBuffer staging = arena.allocatePinned(buffer.bytes(), "activations");
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < columns; i++) {
        float value = x[row % DISTINCT][i];
        long at = ((long) row * columns + i) * bytes;
        switch (stack.activations()) {
          case F32 -> staging.memory().set(ValueLayout.JAVA_FLOAT, at, value);
          case F16 -> staging.memory().set(ValueLayout.JAVA_SHORT, at, Float.floatToFloat16(value));
          case BF16 ->
              staging
                  .memory()
                  .set(ValueLayout.JAVA_SHORT, at, (short) (Float.floatToRawIntBits(value) >>> 16));
        }
      }
    }
    copy(staging, buffer);
    return buffer;
  }

  private float[][] multiply(DeviceModel.Stack stack, DeviceBuffer x, int rows, int bucket) {
    DeviceBuffer counts = arena.allocate(16, "counts");
    PinnedBuffer staging = arena.allocatePinned(16, "counts");
    staging.memory().setAtIndex(ValueLayout.JAVA_INT, 0, rows);
    copy(staging, counts);
    DeviceBuffer out = arena.allocate(4L * rows * OUTPUTS, "results");
    PinnedBuffer results = arena.allocatePinned(out.bytes(), "results");
    new Products(kernels, counts).launch(stack, 0, bucket, x, out);
    CudaCheck.check(
        JCudaDriver.cuMemcpyDtoHAsync(
            results.pointer(), out.pointer(), out.bytes(), context.stream()),
        "cuMemcpyDtoHAsync");
    context.synchronize();
    float[][] all = new float[rows][OUTPUTS];
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          results.memory(), ValueLayout.JAVA_FLOAT, 4L * row * OUTPUTS, all[row], 0, OUTPUTS);
    }
    return all;
  }

  private void copy(PinnedBuffer from, DeviceBuffer to) {
    CudaCheck.check(
        JCudaDriver.cuMemcpyHtoDAsync(to.pointer(), from.pointer(), to.bytes(), context.stream()),
        "cuMemcpyHtoDAsync");
    context.synchronize();
  }
}
