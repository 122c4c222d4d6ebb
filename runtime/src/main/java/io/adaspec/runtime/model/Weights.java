package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightTensor;
import java.util.Set;

/**
 * The tensors of one model under the engine's names (the GGUF convention, whatever file they came
 * from).
 *
 * <p>Every tensor that the configuration's architecture needs is present with the right shape:
 * loading checked it. Closing unmaps the files; tensors must not be read afterwards.
 */
public interface Weights extends AutoCloseable {
  /**
   * The tensor of that name.
   *
   * @throws ModelFormatException if the model has none
   */
  WeightTensor tensor(String name);

  /** Whether the model has a tensor of that name. */
  boolean has(String name);

  /** Names of all tensors. */
  Set<String> names();

  /** Bytes of all tensors as they lie in the file. */
  long bytes();

  @Override
  void close();
}
