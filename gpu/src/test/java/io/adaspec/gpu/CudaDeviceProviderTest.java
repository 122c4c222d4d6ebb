package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceProvider.Probe;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.TinyPair;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaDeviceProviderTest {
  private final EmulatedDriver driver = EmulatedDriver.load();
  private final CudaDeviceProvider provider = new CudaDeviceProvider();
  private final ModelWeights model =
      RandomModels.of(RandomModels.config(false), WeightFormat.F16, 1);

  @AfterEach
  void heal() {
    driver.reset();
  }

  @Test
  void isFoundByTheServiceLoader() {
    assertThat(Devices.discover().providers())
        .anyMatch(found -> found instanceof CudaDeviceProvider);
  }

  @Test
  void namesTheGpusThereAre() {
    driver.setDevices(3);
    assertThat(provider.probe())
        .isEqualTo(new Probe.Available(List.of("cuda:0", "cuda:1", "cuda:2")));
  }

  @Test
  void isPlannedAsItIsOpened() {
    DeviceSpec spec =
        new DeviceSpec(
            "cuda:0", Optional.of(model), Optional.empty(), 0, 0, 16, CudaDevices.MAX_ROWS);
    try (Device device = provider.open(spec)) {
      // a second look sees less free memory, so the KV blocks are not compared
      assertThat(provider.plan(spec).description()).isEqualTo(device.info().description());
      assertThat(provider.plan(spec).contextTokens()).isEqualTo(device.info().contextTokens());
    }
  }

  @Test
  void aPairPaddedDifferentlyWritesTheTextsOfThePairWithoutPadding(@TempDir Path folder)
      throws IOException {
    try (LoadedModel target = ModelFiles.open(TinyPair.writeTarget(folder));
        LoadedModel draft = ModelFiles.open(TinyPair.writeDraft(folder));
        LoadedModel paddedTarget = ModelFiles.open(TinyPair.writePaddedTarget(folder, 150));
        LoadedModel paddedDraft = ModelFiles.open(TinyPair.writePaddedDraft(folder, 22));
        Device plain = open(target, draft);
        Device padded = open(paddedTarget, paddedDraft)) {
      assertThat(padded.info().vocabularySize()).isEqualTo(plain.info().vocabularySize());
      for (Verifier verifier : Verifier.values()) {
        for (SamplingParams sampling : List.of(SamplingParams.greedy(), SamplingParams.of(1, 5))) {
          assertThat(CudaDevices.decode(padded::execute, 3, 24, sampling, verifier))
              .isEqualTo(CudaDevices.decode(plain::execute, 3, 24, sampling, verifier));
        }
      }
    }
  }

  private Device open(LoadedModel target, LoadedModel draft) {
    return provider.open(
        CudaDevices.spec("cuda:0", target.forDevice(), Optional.of(draft.forDevice())));
  }

  @Test
  void saysWhyThereIsNone() {
    driver.setDevices(0);
    assertThat(provider.probe())
        .isInstanceOfSatisfying(
            Probe.Unavailable.class,
            none -> {
              assertThat(none.reason()).contains("CUDA_ERROR_NO_DEVICE");
              assertThat(none.remedy()).contains("nvidia-smi");
            });
    assertThatThrownBy(() -> open("cuda:0", 0)).hasMessageContaining("CUDA_ERROR_NO_DEVICE");
  }

  @Test
  void refusesADriverThatIsTooOld() {
    driver.setVersion(12_080);
    assertThat(provider.probe())
        .isInstanceOfSatisfying(
            Probe.Unavailable.class,
            none -> {
              assertThat(none.reason()).contains("CUDA 12.8").contains("too old").contains("13.0");
              assertThat(none.remedy()).contains("580");
            });
  }

  @Test
  void refusesAGpuThatIsTooOld() {
    driver.setArchitecture(7, 5);
    assertThatThrownBy(() -> open("cuda", 0))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("7.5")
        .hasMessageContaining("8.0");
  }

  @Test
  void refusesGpusThatAreNotThere() {
    assertThatThrownBy(() -> open("cuda:1", 0))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("GPU 1");
    assertThatThrownBy(() -> open("cuda:first", 0))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("cuda:first")
        .hasMessageContaining("cuda:0");
  }

  @Test
  void givesKvMemoryWhatIsLeftAndNoMoreThanAskedFor() {
    driver.setMemory(64L << 20);
    try (Device all = open("cuda:0", 0)) {
      driver.setMemory(256L << 20);
      assertThat(all.info().kvBlocks()).isBetween(100, CudaDevices.MAX_ROWS * 40);
    }
    try (Device some = open("cuda:0", 1 << 20)) {
      long blockBytes = ModelPlan.of(model).kvGeometry(16).bytesPerBlock();
      assertThat(some.info().kvBlocks()).isEqualTo((int) ((1 << 20) / blockBytes));
    }
  }

  @Test
  void givesLessKvMemoryWhereTheGpuHasLessThanItSays() {
    driver.setMemory(32L << 20);
    int planned;
    try (Device device = open("cuda:0", 20 << 20)) {
      planned = device.info().kvBlocks();
    }
    driver.setMemory(3L << 20);
    driver.overstateMemory(29L << 20);
    long allocations = driver.allocations();
    try (Device device = open("cuda:0", 20 << 20)) {
      assertThat(device.info().kvBlocks()).isEqualTo(planned / 2);
    }
    assertThat(driver.allocations()).isEqualTo(allocations);
  }

  @Test
  void refusesByNameWhereNotEvenTheLeastKvMemoryIsThere() {
    driver.setMemory(1 << 20);
    driver.overstateMemory(64L << 20);
    long allocations = driver.allocations();
    assertThatThrownBy(() -> open("cuda:0", 0))
        .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isTrue())
        .hasMessageContaining("CUDA_ERROR_OUT_OF_MEMORY");
    assertThat(driver.allocations()).isEqualTo(allocations);
  }

  @Test
  void refusesAModelThatDoesNotFitAndNamesWhatWould() {
    driver.setMemory(200 << 10);
    assertThatThrownBy(() -> open("cuda:0", 0))
        .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isTrue())
        .hasMessageContaining("1 MiB free")
        .hasMessageContaining("model random needs")
        .hasMessageContaining("work memory for 24 rows")
        .hasMessageContaining("smaller model")
        .hasMessageContaining("takes a GPU with");
  }

  @Test
  void namesTheChangesWithWhichModelsWouldFit() {
    DeviceSpec spec = spec("cuda:0", 0);
    ModelPlan plan = ModelPlan.of(model);
    Optional<ModelPlan> none = Optional.empty();
    long free =
        MemoryNeeds.of(spec, plan, none, Optional.empty(), spec.maxRows(), 0).least() * 8 / 7
            + 4096;
    assertThat(DevicePlan.of(spec, plan, none, Optional.empty(), free).kvBlocks()).isPositive();
    assertThatThrownBy(() -> DevicePlan.of(spec, plan, Optional.of(plan), Optional.empty(), free))
        .hasMessageContaining("without the draft model it fits");
    assertThatThrownBy(() -> DevicePlan.of(spec, plan, none, Optional.empty(), free - (64 << 10)))
        .hasMessageContaining("with 16 rows per step it fits")
        .hasMessageContaining("a Q8_0 file of the model");
  }

  @Test
  void refusesLessKvMemoryThanOneSequenceNeeds() {
    assertThatThrownBy(() -> open("cuda:0", 4096))
        .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isTrue())
        .hasMessageContaining("4096 bytes are asked for keys and values")
        .hasMessageContaining("512 tokens");
  }

  @Test
  void refusesWeightsThatAreNotFinite() {
    WeightTensor good = model.weights().tensor("blk.1.ffn_up.weight");
    float[] values = new float[Math.toIntExact(good.rows() * good.columns())];
    values[33] = Float.POSITIVE_INFINITY;
    WeightTensor bad =
        RandomModels.encode(
            good.name(), (int) good.rows(), (int) good.columns(), WeightFormat.F16, values);
    DeviceSpec spec = CudaDevices.spec("cuda:0", RandomModels.with(model, bad), Optional.empty());
    long allocations = driver.allocations();
    assertThatThrownBy(() -> provider.open(spec))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("blk.1.ffn_up.weight")
        .hasMessageContaining("infinite");
    assertThat(driver.allocations()).isEqualTo(allocations);
  }

  @Test
  void mixedFormatsThatShareActivationsAreExpanded() {
    WeightTensor half = model.weights().tensor("blk.0.attn_k.weight");
    float[] values = new float[Math.toIntExact(half.rows() * half.columns())];
    WeightTensor other =
        RandomModels.encode(
            half.name(), (int) half.rows(), (int) half.columns(), WeightFormat.BF16, values);
    ModelPlan.Layer layer = ModelPlan.of(RandomModels.with(model, other)).layers().getFirst();
    assertThat(layer.queryKeyValue().parts()).hasSize(1);
    assertThat(layer.queryKeyValue().parts().getFirst().format()).isEqualTo(DeviceFormat.F32);
    assertThat(layer.gateUp().parts().getFirst().format()).isEqualTo(DeviceFormat.F16);
  }

  private Device open(String name, long kvBytes) {
    return provider.open(spec(name, kvBytes));
  }

  private DeviceSpec spec(String name, long kvBytes) {
    return new DeviceSpec(
        name, Optional.of(model), Optional.empty(), 0, kvBytes, 16, CudaDevices.MAX_ROWS);
  }
}
