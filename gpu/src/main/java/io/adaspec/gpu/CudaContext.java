package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.device.DeviceException;
import java.nio.charset.StandardCharsets;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * One GPU as this process uses it: a context of its own and the one stream in which all its work is
 * queued. Bound to the thread that made it or last entered it; destroying it frees everything.
 */
final class CudaContext implements AutoCloseable {
  private static final int LEAST_MAJOR = 8;

  private final CUcontext context;
  private final Stream stream;
  private final String description;
  private final int multiprocessors;

  private CudaContext(CUcontext context, Stream stream, String description, int multiprocessors) {
    this.context = context;
    this.stream = stream;
    this.description = description;
    this.multiprocessors = multiprocessors;
  }

  /**
   * Makes a context on a GPU and binds it to the calling thread.
   *
   * @throws DeviceException if the GPU or its driver cannot run the kernels
   */
  static CudaContext create(int ordinal) {
    check(JCudaDriver.cuInit(0), "cuInit");
    CUdevice device = new CUdevice();
    check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet of GPU " + ordinal);
    String description = describe(device);
    requireCapability(device, description);
    int multiprocessors =
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    CUcontext context = new CUcontext();
    check(JCudaDriver.cuCtxCreate(context, 0, device), "cuCtxCreate on " + description);
    Stream stream = new Stream();
    int status = JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    if (status != 0) {
      JCudaDriver.cuCtxDestroy(context);
      throw CudaCheck.failure(status, "cuStreamCreate");
    }
    return new CudaContext(context, stream, description, multiprocessors);
  }

  /** For people: the card, its memory and its architecture. */
  String description() {
    return description;
  }

  /** Processors that run blocks side by side. */
  int multiprocessors() {
    return multiprocessors;
  }

  CUstream stream() {
    return stream;
  }

  /** The stream as libraries other than JCuda take it. */
  long streamHandle() {
    return stream.value();
  }

  /** Binds the context to the calling thread. */
  void enter() {
    check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
  }

  /** Waits until the stream has done all that it was given. */
  void synchronize() {
    check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
  }

  /** GPU memory that nobody uses. */
  long freeBytes() {
    long[] free = new long[1];
    check(JCudaDriver.cuMemGetInfo(free, new long[1]), "cuMemGetInfo");
    return free[0];
  }

  /** Destroys the context with all its memory; a lost context is let go silently. */
  @Override
  public void close() {
    JCudaDriver.cuStreamDestroy(stream);
    JCudaDriver.cuCtxDestroy(context);
  }

  private static String describe(CUdevice device) {
    byte[] name = new byte[256];
    check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    long[] bytes = new long[1];
    check(JCudaDriver.cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
    return new String(name, 0, length, StandardCharsets.UTF_8)
        + ", "
        + (bytes[0] >> 20)
        + " MiB, compute capability "
        + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
        + "."
        + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  private static void requireCapability(CUdevice device, String description) {
    int major = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    if (major < LEAST_MAJOR) {
      throw DeviceException.permanentFailure(
          "GPU "
              + description
              + " is too old: the kernels need compute capability 8.0 (Ampere) or newer; use"
              + " another GPU or --device cpu");
    }
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    check(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
    return value[0];
  }

  /** A stream whose handle can be read. */
  private static final class Stream extends CUstream {
    long value() {
      return getNativePointer();
    }
  }
}
