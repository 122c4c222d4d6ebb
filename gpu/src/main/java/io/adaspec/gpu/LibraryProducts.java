package io.adaspec.gpu;

import io.adaspec.gpu.KernelModule.Grid;
import io.adaspec.gpu.cublas.CublasLt;
import io.adaspec.gpu.cublas.HalfProduct;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.kvcache.KvGeometry.ElementType;
import io.adaspec.runtime.model.ForwardBatch;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Products of stretches of prefill by cuBLASLt, in our context and stream. It wants weights in
 * rows, so a matrix is expanded into one buffer before its product, over and over.
 *
 * <p>After its first failure the library is left alone, on this GPU as long as the process lives;
 * our kernels compute what it did not.
 */
final class LibraryProducts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LibraryProducts.class);
  private static final int CHUNKS_PER_BLOCK = KernelModule.BLOCK / 32;

  private final PrefillLibrary plan;
  private final CudaContext context;
  private final KernelModule kernels;
  private final DeviceHealth health;
  private final DeviceArena arena;
  private final DeviceBuffer expanded;
  private final CublasLt library;
  private boolean failed;
  private boolean unsettled;

  private LibraryProducts(
      PrefillLibrary plan,
      CudaContext context,
      KernelModule kernels,
      DeviceHealth health,
      DeviceArena arena,
      CublasLt library) {
    this.plan = plan;
    this.context = context;
    this.kernels = kernels;
    this.health = health;
    this.arena = arena;
    this.library = library;
    this.expanded = arena.allocate(plan.expandedBytes(), "weights for fast prefill");
  }

  /**
   * Binds the library to a context.
   *
   * @return empty, with a line in the log, where it cannot work
   * @throws DeviceException if the GPU has too little memory; nothing stays allocated
   */
  static Optional<LibraryProducts> open(
      PrefillLibrary plan, CudaContext context, KernelModule kernels, DeviceHealth health) {
    DeviceArena arena = new DeviceArena();
    Optional<CublasLt> library = Optional.empty();
    boolean done = false;
    try {
      library = bind(plan, arena, health);
      Optional<LibraryProducts> products =
          library.map(it -> new LibraryProducts(plan, context, kernels, health, arena, it));
      done = products.isPresent();
      return products;
    } finally {
      if (!done) {
        library.ifPresent(CublasLt::close);
        arena.close();
      }
    }
  }

  private static Optional<CublasLt> bind(
      PrefillLibrary plan, DeviceArena arena, DeviceHealth health) {
    DeviceBuffer workspace =
        arena.allocate(PrefillLibrary.WORKSPACE_BYTES, "workspace of fast prefill");
    try {
      return Optional.of(new CublasLt(plan.library(), workspace.address(), workspace.bytes()));
    } catch (DeviceException e) {
      health.distrustLibrary();
      LOG.warn("{}: no fast prefill, our kernels compute it: {}", plan.device(), e.getMessage());
      return Optional.empty();
    }
  }

  /** The rows of a pass that the library would compute. */
  Optional<PrefillStretch> stretch(ForwardBatch batch) {
    return failed ? Optional.empty() : PrefillStretch.of(batch, plan.minRows());
  }

  /**
   * Queues {@code out[r] = matrix · x[r]} for a stretch of rows.
   *
   * @param outStride floats between two rows of {@code out}
   * @return false when the library has failed, now or before, or does not take the format; the rows
   *     of {@code out} are then undefined
   */
  boolean multiply(
      DeviceMatrix matrix,
      int outStride,
      PrefillStretch stretch,
      DeviceBuffer x,
      DeviceBuffer out) {
    MatrixPlan shape = matrix.plan();
    if (failed || shape.format() == DeviceFormat.F32) {
      return false;
    }
    expand(matrix);
    ElementType type = shape.format().activations();
    int inputs = shape.chunks() * DeviceFormat.TILE_INPUTS;
    long firstInput = (long) stretch.first() * inputs;
    long firstOutput = (long) stretch.first() * outStride + shape.outColumn();
    unsettled = true;
    try {
      library.multiply(
          new HalfProduct(
              type == ElementType.BF16, shape.outputs(), inputs, stretch.length(), outStride),
          expanded.address(),
          x.address(firstInput * type.bytes()),
          out.address(firstOutput * Float.BYTES),
          context.streamHandle());
      return true;
    } catch (DeviceException e) {
      LOG.warn("{}: fast prefill ends, our kernels go on: {}", plan.device(), e.getMessage());
      giveUp();
      return false;
    }
  }

  private void expand(DeviceMatrix matrix) {
    MatrixPlan shape = matrix.plan();
    kernels.launch(
        "expand_" + shape.format().kernelName(),
        Grid.of(
            Math.ceilDiv(shape.chunks(), CHUNKS_PER_BLOCK),
            Math.ceilDiv(shape.outputs(), DeviceFormat.TILE_OUTPUTS),
            1),
        new LaunchArguments()
            .add(matrix.data())
            .add(matrix.scales())
            .add(shape.outputs())
            .add(shape.chunks())
            .add(expanded));
  }

  /** The host has waited, and all that was queued went well. */
  void settled() {
    unsettled = false;
  }

  /** The GPU failed; if the library worked on it meanwhile, it may be why. */
  void deviceFailed() {
    if (unsettled) {
      LOG.warn(
          "{} failed while cuBLASLt worked on it; fast prefill stays off from now on",
          plan.device());
      giveUp();
    }
  }

  private void giveUp() {
    failed = true;
    health.distrustLibrary();
  }

  /** Frees its memory; does nothing that a lost context could hinder. */
  @Override
  public void close() {
    library.close();
    arena.close();
  }
}
