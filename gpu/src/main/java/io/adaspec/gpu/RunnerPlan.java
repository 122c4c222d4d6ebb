package io.adaspec.gpu;

import java.util.function.Function;

/**
 * What the runner of one model is made of.
 *
 * @param model its weights
 * @param kv gives its KV blocks, allocated in the runner's arena unless they lie in the memory of
 *     another model; asked when the weights are uploaded
 * @param work of the same model
 */
record RunnerPlan(ModelPlan model, Function<DeviceArena, PagedKvStore> kv, WorkPlan work) {}
