package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.kvcache.KvGeometry;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MemoryPlanTest {
  private static final long LAYER = 32 * 32 * 2 + 16 * 32 * 2 + 64 * 32 * 3;
  private static final long EMBEDDING = 266 * 32;
  private static final long PADDED_HEAD = 272 * 32;

  private static final long PACKED = 4 * (2 * LAYER + PADDED_HEAD);

  @TempDir Path folder;

  @Test
  void countsMappedAndRepackedWeights() throws IOException {
    MemoryPlan plan = plan("none");
    assertThat(plan.mappedBytes()).isEqualTo(4 * EMBEDDING);
    assertThat(plan.repackedBytes()).isBetween(PACKED, PACKED + 15 * 64);
    assertThat(plan.kvBytesPerToken()).isEqualTo(2 * 2 * 16 * 4);
    assertThat(plan.tensors()).hasSize(2 * 7 + 1).noneMatch(t -> t.name().contains("token_embd"));
  }

  @Test
  void aTiedHeadIsMappedForItsRowsAndRepackedForItsProduct() throws IOException {
    MemoryPlan plan = plan("output.weight");
    assertThat(plan.mappedBytes()).isEqualTo(4 * EMBEDDING);
    assertThat(plan.repackedBytes()).isBetween(PACKED, PACKED + 15 * 64);
    assertThat(plan.tensors()).anyMatch(tensor -> tensor.name().equals("token_embd.weight"));
  }

  private MemoryPlan plan(String without) throws IOException {
    Path path = TinyModels.write(TinyModels.llama(name -> !name.equals(without)), folder);
    try (ModelWeights model = ModelFiles.openWeights(path)) {
      return MemoryPlan.of(model, 16, new KvGeometry(2, 2, 8, 16, KvGeometry.ElementType.F32));
    }
  }
}
