package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

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

/** Products by cuBLASLt: that on the emulated driver, or NVIDIA's on a real GPU. */
class LibraryProductsTest {
  private static final int COLUMNS = 296;
  private static final int ROWS = 50;
  private static final PrefillStretch STRETCH = new PrefillStretch(7, 43, ROWS);
  private static final int OUT_STRIDE = ProductsTest.OUTPUTS + 5;
  private static final float UNTOUCHED = 77;

  private final CudaContext context = TestGpu.context();
  private final KernelModule kernels = KernelModule.load(context);
  private final DeviceArena arena = new DeviceArena();

  @AfterEach
  void close() {
    arena.close();
    context.close();
  }

  /** Outputs fill no tile, inputs no chunk unless the format's blocks do, rows begin anywhere. */
  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"F16", "BF16", "Q8_0", "Q4_0"})
  void theStretchAndNothingElseIsComputed(WeightFormat format) {
    boolean quantised = format == WeightFormat.Q8_0 || format == WeightFormat.Q4_0;
    int columns = quantised ? 288 : COLUMNS;
    SplittableRandom random = new SplittableRandom(12);
    WeightTensor weights = ProductsTest.weights(format, columns, random);
    MatrixPlan plan = StackPlan.of(weights).parts().getFirst();
    DeviceMatrix matrix = upload(weights);
    float[][] x = ProductsTest.activations(plan.format().activations(), columns, random);
    float[][] out = multiply(matrix, inputs(x, plan));
    float[] w = new float[columns];
    for (int output = 0; output < ProductsTest.OUTPUTS; output += 7) {
      WeightRows.read(weights, output, w, 0);
      for (int row = STRETCH.first(); row < STRETCH.end(); row++) {
        ProductsTest.requireSum(out[row][output], x[row], w, quantised ? 5e-4 : 1e-5);
      }
    }
    for (int row = 0; row < ROWS; row++) {
      boolean inside = row >= STRETCH.first() && row < STRETCH.end();
      for (int i = inside ? ProductsTest.OUTPUTS : 0; i < OUT_STRIDE; i++) {
        assertThat(out[row][i]).as("row %d, column %d", row, i).isEqualTo(UNTOUCHED);
      }
    }
  }

  private DeviceMatrix upload(WeightTensor weights) {
    try (WeightUploader uploader =
        new WeightUploader(context, kernels, arena, weights.data().byteSize(), bytes -> {})) {
      return uploader.stack(StackPlan.of(weights)).parts().getFirst();
    }
  }

  private DeviceBuffer inputs(float[][] x, MatrixPlan plan) {
    int width = plan.chunks() * DeviceFormat.TILE_INPUTS;
    PinnedBuffer staging = arena.allocatePinned(2L * ROWS * width, "activations");
    staging.memory().fill((byte) 0);
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < x[row].length; i++) {
        float value = x[row][i];
        short bits =
            plan.format().activations() == ElementType.BF16
                ? (short) (Float.floatToRawIntBits(value) >>> 16)
                : Float.floatToFloat16(value);
        staging.memory().setAtIndex(ValueLayout.JAVA_SHORT, (long) row * width + i, bits);
      }
    }
    return send(staging);
  }

  private float[][] multiply(DeviceMatrix matrix, DeviceBuffer x) {
    PinnedBuffer staging = arena.allocatePinned(4L * ROWS * OUT_STRIDE, "results");
    for (long i = 0; i < (long) ROWS * OUT_STRIDE; i++) {
      staging.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, UNTOUCHED);
    }
    DeviceBuffer out = send(staging);
    PrefillLibrary found =
        new PrefillLibrary("cuda:0", TestGpu.library(), 1, matrix.plan().expandedBytes());
    try (LibraryProducts library =
        LibraryProducts.open(found, context, kernels, new DeviceHealth()).orElseThrow()) {
      assertThat(library.multiply(matrix, OUT_STRIDE, STRETCH, x, out)).isTrue();
      CudaCheck.check(
          JCudaDriver.cuMemcpyDtoHAsync(
              staging.pointer(), out.pointer(), out.bytes(), context.stream()),
          "cuMemcpyDtoHAsync");
      context.synchronize();
    }
    float[][] all = new float[ROWS][OUT_STRIDE];
    for (int row = 0; row < ROWS; row++) {
      MemorySegment.copy(
          staging.memory(), ValueLayout.JAVA_FLOAT, 4L * row * OUT_STRIDE, all[row], 0, OUT_STRIDE);
    }
    return all;
  }

  private DeviceBuffer send(PinnedBuffer staging) {
    DeviceBuffer buffer = arena.allocate(staging.memory().byteSize(), "a test");
    CudaCheck.check(
        JCudaDriver.cuMemcpyHtoDAsync(
            buffer.pointer(), staging.pointer(), buffer.bytes(), context.stream()),
        "cuMemcpyHtoDAsync");
    context.synchronize();
    return buffer;
  }
}
