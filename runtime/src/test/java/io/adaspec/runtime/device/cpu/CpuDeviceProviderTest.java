package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ForeignVocabularyException;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.TinyPair;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuDeviceProviderTest {
  private static long workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("adaspec-worker-"))
        .count();
  }

  private static DeviceSpec spec(LoadedModel target, LoadedModel draft, int threads) {
    return new DeviceSpec(
        "cpu",
        Optional.of(target.forDevice()),
        Optional.of(draft.forDevice()),
        threads,
        1 << 20,
        16,
        64);
  }

  @Test
  void isPlannedAsItIsOpened(@TempDir Path folder) throws IOException {
    CpuDeviceProvider provider = new CpuDeviceProvider();
    try (LoadedModel target = Pairs.TINY.target(folder);
        LoadedModel draft = Pairs.TINY.draft(folder)) {
      DeviceSpec spec = spec(target, draft, 1);
      try (Device device = provider.open(spec)) {
        assertThat(provider.plan(spec)).isEqualTo(device.info());
      }
    }
  }

  /** A device that cannot be opened is tried again and again; its threads must not pile up. */
  @Test
  void aDeviceThatCannotBeOpenedLeavesNoThreads(@TempDir Path folder) throws IOException {
    Path damaged = TinyPair.writeDraft(folder);
    try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
      file.seek(file.length() - 1);
      file.write(0x7F);
      file.seek(file.length() - 2);
      file.write(0xC0);
    }
    try (LoadedModel target = Pairs.TINY.target(folder);
        LoadedModel draft = ModelFiles.open(damaged)) {
      DeviceSpec spec = spec(target, draft, 3);
      long before = workers();
      assertThatThrownBy(() -> new CpuDeviceProvider().open(spec))
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("holds NaN at")
          .matches(failure -> ((DeviceException) failure).permanent());
      assertThat(workers()).isEqualTo(before);
    }
  }

  @Test
  void aDraftOfAnotherVocabularyIsRefusedByItsFirstDifferentToken(@TempDir Path folder)
      throws IOException {
    try (LoadedModel target = Pairs.TINY.target(folder);
        LoadedModel foreign = ModelFiles.open(TinyPair.writeForeignDraft(folder));
        LoadedModel larger = Pairs.STORYTELLER.draft(folder)) {
      assertThatThrownBy(() -> spec(target, foreign, 1))
          .isInstanceOf(ForeignVocabularyException.class)
          .hasMessageContaining("token 265 'abc!'")
          .hasMessageContaining("'abc'")
          .hasMessageContaining("same vocabulary");
      assertThatThrownBy(() -> spec(target, larger, 1))
          .isInstanceOf(ForeignVocabularyException.class)
          .hasMessageContaining("has token ");
      ModelWeights nameless = new ModelWeights(larger.config(), larger.weights());
      assertThatThrownBy(() -> target.forDevice().requireSameVocabulary(nameless))
          .isInstanceOf(ForeignVocabularyException.class)
          .hasMessageContaining("4096 embedding rows")
          .hasMessageContaining("266");
    }
  }
}
