package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.model.ModelConfig;
import jcuda.driver.JCudaDriver;

/**
 * The memory that passes of one model work in.
 *
 * @param pass the integers of {@link PassLayout}
 * @param x [rows, hidden] residual stream
 * @param logitX [logit rows, hidden] that of the rows that need logits
 * @param out [rows, hidden] what the next norm adds
 * @param normed [rows, padded hidden] inputs of products
 * @param queryKeyValue [rows, queries + keys + values]
 * @param attended [rows, padded queries]
 * @param logitAttended [logit rows, padded queries]
 * @param gateUp [rows, 2 · inner]
 * @param gated [rows, padded inner]
 * @param cosines [rows, ropeSize / 2]
 * @param sines [rows, ropeSize / 2]
 * @param partials splits of attention
 * @param logits [logit rows, vocabulary]
 */
record WorkBuffers(
    DeviceBuffer pass,
    DeviceBuffer x,
    DeviceBuffer logitX,
    DeviceBuffer out,
    DeviceBuffer normed,
    DeviceBuffer queryKeyValue,
    DeviceBuffer attended,
    DeviceBuffer logitAttended,
    DeviceBuffer gateUp,
    DeviceBuffer gated,
    DeviceBuffer cosines,
    DeviceBuffer sines,
    DeviceBuffer partials,
    DeviceBuffer logits) {

  static WorkBuffers allocate(
      WorkPlan plan, long passBytes, DeviceArena arena, CudaContext context) {
    ModelConfig config = plan.config();
    long rows = 4L * plan.maxRows();
    WorkBuffers buffers =
        new WorkBuffers(
            arena.allocate(passBytes, "the pass"),
            arena.allocate(rows * config.hiddenSize(), "activations"),
            arena.allocate(rows * config.hiddenSize(), "activations"),
            arena.allocate(rows * config.hiddenSize(), "activations"),
            arena.allocate(plan.activationBytes(plan.hiddenInputs()), "activations"),
            arena.allocate(rows * plan.queryKeyValue(), "queries, keys and values"),
            arena.allocate(plan.activationBytes(plan.queryInputs()), "attention"),
            arena.allocate(plan.activationBytes(plan.queryInputs()), "attention"),
            arena.allocate(rows * 2 * config.feedForwardSize(), "the feed-forward layer"),
            arena.allocate(plan.activationBytes(plan.innerInputs()), "the feed-forward layer"),
            arena.allocate(rows * config.ropeSize() / 2, "rotary angles"),
            arena.allocate(rows * config.ropeSize() / 2, "rotary angles"),
            arena.allocate(4 * plan.partialFloats(), "splits of attention"),
            arena.allocate(rows * config.vocabularySize(), "logits"));
    buffers.clearPadding(context);
    return buffers;
  }

  /** Inputs beyond a matrix's columns meet zero weights, but must not be NaN. */
  private void clearPadding(CudaContext context) {
    for (DeviceBuffer buffer : new DeviceBuffer[] {normed, attended, logitAttended, gated}) {
      check(
          JCudaDriver.cuMemsetD8Async(buffer.pointer(), (byte) 0, buffer.bytes(), context.stream()),
          "cuMemsetD8Async");
    }
  }
}
