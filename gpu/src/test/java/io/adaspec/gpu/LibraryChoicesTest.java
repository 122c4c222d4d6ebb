package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.gpu.cublas.CublasLt;
import io.adaspec.gpu.cublas.HalfProduct;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The library is asked for an algorithm once a shape, and shapes are forgotten in the end. */
class LibraryChoicesTest {
  private static final int MOST_ROWS = 140;
  private static final int WIDTH = 8;
  private static final String ASK = "cublasLtMatmulAlgoGetHeuristic";

  private final EmulatedCublasLt emulated = EmulatedCublasLt.load();
  private final CudaContext context = CudaContext.create(0);
  private final DeviceArena arena = new DeviceArena();
  private final DeviceBuffer memory = arena.allocate(64 << 10, "a test");
  private final DeviceBuffer workspace = arena.allocate(PrefillLibrary.WORKSPACE_BYTES, "a test");
  private final CublasLt library =
      new CublasLt(TestGpu.library(), workspace.address(), workspace.bytes());

  @AfterEach
  void close() {
    library.close();
    assertThat(emulated.live()).isZero();
    arena.close();
    context.close();
  }

  @Test
  void askedOnceForEachOfTheLastShapes() {
    long asked = emulated.count(ASK);
    for (int rows = 1; rows <= MOST_ROWS; rows++) {
      multiply(rows, 0);
    }
    assertThat(emulated.count(ASK) - asked).isEqualTo(MOST_ROWS);
    assertThat(emulated.live())
        .as("handle, description and 128 times three layouts")
        .isEqualTo(386);
    for (int rows = MOST_ROWS; rows > MOST_ROWS - 128; rows--) {
      multiply(rows, 0);
    }
    assertThat(emulated.count(ASK) - asked).isEqualTo(MOST_ROWS);
    multiply(1, 0);
    assertThat(emulated.count(ASK) - asked).isEqualTo(MOST_ROWS + 1);
    context.synchronize();
  }

  /** An algorithm for aligned results may not be used for others. */
  @Test
  void anotherAlignmentIsAnotherShape() {
    long asked = emulated.count(ASK);
    multiply(3, 0);
    multiply(3, 4);
    multiply(3, 20);
    multiply(3, 256);
    assertThat(emulated.count(ASK) - asked).isEqualTo(2);
    context.synchronize();
  }

  private void multiply(int rows, long outAt) {
    HalfProduct product = new HalfProduct(false, WIDTH, WIDTH, rows, WIDTH);
    long x = memory.address(4096);
    library.multiply(
        product, memory.address(), x, memory.address(8192 + outAt), context.streamHandle());
  }
}
