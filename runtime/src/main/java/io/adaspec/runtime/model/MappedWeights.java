package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;

/** Weights that are views of mapped files, checked by {@link Architecture#bind}. */
final class MappedWeights implements Weights {
  private final Map<String, WeightTensor> tensors;
  private final Runnable unmap;

  MappedWeights(Map<String, WeightTensor> tensors, Runnable unmap) {
    this.tensors = Map.copyOf(tensors);
    this.unmap = unmap;
  }

  /** Maps a whole file, of whatever size, read-only. */
  static MemorySegment map(Path path, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }

  @Override
  public WeightTensor tensor(String name) {
    WeightTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new ModelFormatException("the model has no tensor " + name);
    }
    return tensor;
  }

  @Override
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public long bytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
  }

  @Override
  public void close() {
    unmap.run();
  }
}
