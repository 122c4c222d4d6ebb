package io.adaspec.gpu;

import io.adaspec.runtime.device.cpu.CpuModelRunner;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.ScalarKernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.Optional;

/** Runners of one model on both kinds of device. */
final class TestRunners {
  static final int BLOCK_TOKENS = 16;
  static final int MAX_ROWS = 300;

  private TestRunners() {}

  /** On the emulated GPU; closing the runner leaves the context. */
  static CudaModelRunner cuda(CudaContext context, ModelWeights model, int kvBlocks) {
    return cuda(context, model, kvBlocks, WorkPlan.of(model.config(), MAX_ROWS));
  }

  /** The same with another plan of its work memory. */
  static CudaModelRunner cuda(
      CudaContext context, ModelWeights model, int kvBlocks, WorkPlan work) {
    return CudaModelRunner.create(
        context,
        KernelModule.load(context),
        plan(context, model, kvBlocks, work),
        Optional.empty(),
        bytes -> {});
  }

  /** Logits of one row of the last pass. */
  static float[] logits(ModelRunner runner, int row) {
    float[] logits = new float[runner.config().vocabularySize()];
    runner.logits(row, logits);
    return logits;
  }

  static RunnerPlan plan(CudaContext context, ModelWeights model, int kvBlocks, WorkPlan work) {
    ModelPlan plan = ModelPlan.of(model);
    return new RunnerPlan(
        plan, arena -> kv(plan.kvGeometry(BLOCK_TOKENS), kvBlocks, arena, context), work);
  }

  private static PagedKvStore kv(
      KvGeometry geometry, int blocks, DeviceArena arena, CudaContext context) {
    long bytes = Math.multiplyExact(geometry.bytesPerBlock(), blocks);
    return PagedKvStore.allocate(geometry, blocks, bytes, arena, context);
  }

  static ModelRunner cpu(ModelWeights model, WorkerTeam team, int kvBlocks) {
    ModelConfig config = model.config();
    KvGeometry geometry =
        new KvGeometry(
            config.layers(),
            config.kvHeads(),
            config.headSize(),
            BLOCK_TOKENS,
            KvGeometry.ElementType.F32);
    return new CpuModelRunner(model, geometry, kvBlocks, MAX_ROWS, new ScalarKernels(), team);
  }
}
