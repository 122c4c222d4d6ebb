package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.gpu.KernelModule.Grid;
import io.adaspec.runtime.device.DeviceException;
import java.lang.foreign.ValueLayout;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the emulated driver notices, which is what the other tests rest on. */
class EmulatedDriverTest {
  private final EmulatedDriver driver = EmulatedDriver.load();
  private final CudaContext context = CudaContext.create(0);
  private final DeviceArena arena = new DeviceArena();
  private final PinnedBuffer host = arena.allocatePinned(64, "a test");
  private final DeviceBuffer memory = arena.allocate(64, "a test");

  @AfterEach
  void close() {
    arena.close();
    context.close();
  }

  @Test
  void stopsAKernelThatLeavesItsMemoryAndLosesTheContext() {
    host.memory().setAtIndex(ValueLayout.JAVA_INT, 0, 1);
    copy();
    DeviceBuffer values = arena.allocate(64, "a test");
    KernelModule.load(context)
        .launch(
            "silu_gate",
            Grid.of(1),
            new LaunchArguments().add(memory).add(0).add(values).add(values).add(0).add(9).add(9));
    assertThatThrownBy(context::synchronize)
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
    assertThat(driver.lastFault()).contains("silu_gate").contains("allocation of 64");
    assertThatThrownBy(context::freeBytes).hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
  }

  @Test
  void doesNothingBeforeTheHostWaits() {
    host.memory().setAtIndex(ValueLayout.JAVA_INT, 0, 1);
    copy();
    host.memory().setAtIndex(ValueLayout.JAVA_INT, 0, 2);
    context.synchronize();
    host.memory().setAtIndex(ValueLayout.JAVA_INT, 0, 3);
    CudaCheck.check(
        JCudaDriver.cuMemcpyDtoHAsync(host.pointer(), memory.pointer(), 64, context.stream()),
        "cuMemcpyDtoHAsync");
    assertThat(host.memory().getAtIndex(ValueLayout.JAVA_INT, 0)).isEqualTo(3);
    context.synchronize();
    assertThat(host.memory().getAtIndex(ValueLayout.JAVA_INT, 0)).isEqualTo(2);
  }

  @Test
  void freshMemoryHoldsNoNumbers() {
    CudaCheck.check(
        JCudaDriver.cuMemcpyDtoHAsync(host.pointer(), memory.pointer(), 64, context.stream()),
        "cuMemcpyDtoHAsync");
    context.synchronize();
    assertThat(host.memory().getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isNaN();
  }

  private void copy() {
    CudaCheck.check(
        JCudaDriver.cuMemcpyHtoDAsync(memory.pointer(), host.pointer(), 64, context.stream()),
        "cuMemcpyHtoDAsync");
  }
}
