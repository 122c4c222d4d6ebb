package io.adaspec.runtime.model;

/**
 * The numeric side of a model, ready to be put on a device. The weights stay open as long as a
 * device uses them.
 *
 * @param config shape and constants
 * @param weights tensors under the engine's names, mapped from the file
 */
public record ModelWeights(ModelConfig config, Weights weights) implements AutoCloseable {
  /** Unmaps the weights. */
  @Override
  public void close() {
    weights.close();
  }
}
