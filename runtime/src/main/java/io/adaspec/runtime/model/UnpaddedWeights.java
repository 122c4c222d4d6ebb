package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightTensor;
import java.util.Set;

/**
 * Weights without the rows that pad a vocabulary to a round number.
 *
 * @param all with the padding
 * @param tokens leading rows of embedding and head that stay
 */
record UnpaddedWeights(Weights all, int tokens) implements Weights {
  private static final Set<String> BY_TOKEN = Set.of("token_embd.weight", "output.weight");

  @Override
  public WeightTensor tensor(String name) {
    WeightTensor tensor = all.tensor(name);
    return BY_TOKEN.contains(name) ? tensor.leadingRows(tokens) : tensor;
  }

  @Override
  public boolean has(String name) {
    return all.has(name);
  }

  @Override
  public Set<String> names() {
    return all.names();
  }

  @Override
  public long bytes() {
    return names().stream().mapToLong(name -> tensor(name).data().byteSize()).sum();
  }

  @Override
  public void close() {
    all.close();
  }
}
