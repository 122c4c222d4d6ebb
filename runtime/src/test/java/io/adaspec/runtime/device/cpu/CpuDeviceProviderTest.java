package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.LoadedModel;
import java.io.IOException;
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
    try (LoadedModel target = Pairs.TINY.target(folder);
        LoadedModel other = Pairs.STORYTELLER.draft(folder)) {
      DeviceSpec spec = spec(target, other, 3);
      long before = workers();
      assertThatThrownBy(() -> new CpuDeviceProvider().open(spec))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("vocabulary");
      assertThat(workers()).isEqualTo(before);
    }
  }
}
