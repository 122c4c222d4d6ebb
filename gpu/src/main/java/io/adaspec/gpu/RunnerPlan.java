package io.adaspec.gpu;

import io.adaspec.runtime.kvcache.KvGeometry;

/**
 * What the runner of one model is made of.
 *
 * @param model its weights
 * @param geometry of its KV blocks
 * @param kvBlocks how many
 * @param work of the same model
 */
record RunnerPlan(ModelPlan model, KvGeometry geometry, int kvBlocks, WorkPlan work) {}
