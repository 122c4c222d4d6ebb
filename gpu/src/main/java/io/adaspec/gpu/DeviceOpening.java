package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.kvcache.KvSharing;
import io.adaspec.runtime.model.ModelRunner;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens one GPU with its models: context, kernels, memory plan, upload. On the calling thread.
 *
 * @param ordinal which GPU
 * @param health told of failures after opening
 */
record DeviceOpening(
    DeviceSpec spec,
    int ordinal,
    DeviceHealth health,
    ModelPlan target,
    Optional<ModelPlan> draft) {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceOpening.class);

  /** What the opened device would say of itself; loads nothing. */
  DeviceInfo plan() {
    Optional<PrefillLibrary> library = PrefillLibrary.find(spec, target, health);
    try (CudaContext context = CudaContext.create(ordinal)) {
      DevicePlan plan = DevicePlan.of(spec, target, draft, library, context.freeBytes());
      return info(context, plan, library);
    }
  }

  /**
   * Opens with the KV memory that was planned; with half of it, and half of that, while the GPU
   * gives less than it said, as it does when other programs take memory meanwhile.
   *
   * @throws DeviceException if the GPU fails or the models do not fit; nothing stays allocated
   */
  Device open() {
    int mostBlocks = Integer.MAX_VALUE;
    Optional<PrefillLibrary> library = PrefillLibrary.find(spec, target, health);
    while (true) {
      CudaContext context = CudaContext.create(ordinal);
      boolean done = false;
      try {
        KernelModule kernels = KernelModule.load(context);
        DevicePlan plan =
            DevicePlan.of(spec, target, draft, library, context.freeBytes()).atMost(mostBlocks);
        try {
          Device device = load(context, kernels, plan, library);
          done = true;
          return device;
        } catch (DeviceException e) {
          mostBlocks = smaller(plan, e).kvBlocks();
          LOG.warn("{}: {}; once more with {} KV blocks", spec.name(), e.getMessage(), mostBlocks);
        }
      } finally {
        if (!done) {
          context.close();
        }
      }
    }
  }

  private static DevicePlan smaller(DevicePlan plan, DeviceException failure) {
    if (!CudaCheck.isOutOfMemory(failure)) {
      throw failure;
    }
    return plan.smaller()
        .orElseThrow(
            () -> DeviceException.permanentFailure(String.valueOf(failure.getMessage()), failure));
  }

  private Device load(
      CudaContext context,
      KernelModule kernels,
      DevicePlan plan,
      Optional<PrefillLibrary> library) {
    LOG.info("{}: {}: {}", spec.name(), context.description(), plan.summary());
    UploadProgress progress = new UploadProgress(LOG, spec.name(), plan.needs().weights());
    Optional<LibraryProducts> products =
        library.flatMap(found -> LibraryProducts.open(found, context, kernels, health));
    Optional<PrefillLibrary> used = library.filter(found -> products.isPresent());
    used.ifPresent(found -> LOG.info("{}: {}", spec.name(), found.description()));
    DeviceInfo info = info(context, plan, used);
    boolean done = false;
    try {
      RunnerPlan ofTarget = runnerPlan(target, arena -> targetKv(info, arena, context));
      CudaModelRunner runner =
          CudaModelRunner.create(context, kernels, ofTarget, products, progress);
      Optional<ModelRunner> draftRunner =
          draft.map(
              model ->
                  CudaModelRunner.create(
                      context,
                      kernels,
                      runnerPlan(model, any -> draftKv(info, model, runner)),
                      Optional.empty(),
                      progress));
      Device device = new CudaDevice(info, context, health, runner, draftRunner, products);
      done = true;
      return device;
    } finally {
      if (!done) {
        products.ifPresent(LibraryProducts::close);
      }
    }
  }

  /**
   * Memory of both models: the target's blocks, and behind them, where some may lie, the draft's.
   */
  private PagedKvStore targetKv(DeviceInfo info, DeviceArena arena, CudaContext context) {
    KvGeometry geometry = target.kvGeometry(spec.blockTokens());
    long bytes =
        info.hasDraftModel()
            ? info.sharing().bytes(info.draftKvBlocks())
            : Math.multiplyExact(geometry.bytesPerBlock(), info.kvBlocks());
    int blocks = Math.addExact(info.kvBlocks(), info.lendableKvBlocks());
    return PagedKvStore.allocate(geometry, blocks, bytes, arena, context);
  }

  private PagedKvStore draftKv(DeviceInfo info, ModelPlan model, CudaModelRunner targetRunner) {
    return new PagedKvStore(
        model.kvGeometry(spec.blockTokens()),
        info.draftKvBlocks(),
        targetRunner.kv().memory(),
        info.sharing().draftOffset());
  }

  private RunnerPlan runnerPlan(ModelPlan model, Function<DeviceArena, PagedKvStore> kv) {
    return new RunnerPlan(model, kv, WorkPlan.of(model.config(), spec.maxRows()));
  }

  private DeviceInfo info(CudaContext context, DevicePlan plan, Optional<PrefillLibrary> library) {
    return new DeviceInfo(
        spec.name(),
        context.description() + library.map(found -> "; " + found.description()).orElse(""),
        target.config().vocabularySize(),
        target.config().contextTokens(),
        draft.map(model -> model.config().contextTokens()).orElse(0),
        spec.blockTokens(),
        plan.kvBlocks(),
        draft.isPresent() ? plan.kvBlocks() : 0,
        spec.maxRows(),
        library.isEmpty(),
        draft.map(model -> sharing(model, plan)).orElse(KvSharing.NONE));
  }

  private KvSharing sharing(ModelPlan draftModel, DevicePlan plan) {
    return KvSharing.of(
        target.kvGeometry(spec.blockTokens()),
        draftModel.kvGeometry(spec.blockTokens()),
        plan.kvBlocks());
  }
}
