package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.device.DeviceException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** The compiled kernels, loaded into one context. Launches go into the context's stream. */
final class KernelModule {
  /** Threads of a block of every kernel that does not say otherwise. */
  static final int BLOCK = 256;

  private static final String RESOURCE = "adaspec_kernels.fatbin";

  private final CUmodule module = new CUmodule();
  private final CUstream stream;
  private final Map<String, CUfunction> functions = new HashMap<>();

  private KernelModule(CUstream stream) {
    this.stream = stream;
  }

  /** Blocks of a launch, and threads and dynamic shared memory of each. */
  record Grid(int x, int y, int z, int threads, int sharedBytes) {
    static Grid of(int x, int y, int z) {
      return new Grid(x, y, z, BLOCK, 0);
    }

    static Grid of(int x) {
      return of(x, 1, 1);
    }
  }

  static KernelModule load(CudaContext context) {
    KernelModule kernels = new KernelModule(context.stream());
    check(JCudaDriver.cuModuleLoadData(kernels.module, image()), "cuModuleLoadData of the kernels");
    return kernels;
  }

  void launch(String name, Grid grid, LaunchArguments arguments) {
    CUfunction function = function(name, grid.sharedBytes());
    check(
        JCudaDriver.cuLaunchKernel(
            function,
            grid.x(),
            grid.y(),
            grid.z(),
            grid.threads(),
            1,
            1,
            grid.sharedBytes(),
            stream,
            arguments.pointer(),
            null),
        "cuLaunchKernel of " + name);
  }

  private CUfunction function(String name, int sharedBytes) {
    CUfunction known = functions.get(name);
    if (known != null) {
      return known;
    }
    CUfunction function = new CUfunction();
    check(
        JCudaDriver.cuModuleGetFunction(function, module, name), "cuModuleGetFunction of " + name);
    if (sharedBytes > 0) {
      check(
          JCudaDriver.cuFuncSetAttribute(
              function,
              CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              sharedBytes),
          "cuFuncSetAttribute of " + name);
    }
    functions.put(name, function);
    return function;
  }

  private static byte[] image() {
    try (InputStream in = KernelModule.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw DeviceException.permanentFailure(
            "this build has no GPU kernels ("
                + RESOURCE
                + "); build it where nvcc 13 is installed, or use a release");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw DeviceException.permanentFailure("cannot read " + RESOURCE + ": " + e.getMessage(), e);
    }
  }
}
