package io.adaspec.runtime.device.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.FastPrefill;
import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RooflineTest {
  private static final Devices CPU = new Devices(List.of(new CpuDeviceProvider()));

  private static List<RooflineResult> pair(WeightFormat format, RooflineSettings settings) {
    List<RooflineResult> results = new ArrayList<>();
    new Roofline(CPU, "cpu:scalar", FastPrefill.off(), settings, what -> {})
        .pair(ModelShape.TINY, ModelShape.TINY, format, results::add);
    return results;
  }

  /**
   * Of ten tokens in a row two are drafted wrongly and, one draft at a time, four never drafted.
   */
  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"BF16", "Q4_0"})
  void theConstructedDraftIsRightForFourTokensOfFive(WeightFormat format) {
    RooflineSettings settings =
        new RooflineSettings(List.of(1), List.of(4), List.of(1, 2), 5, 1, 100);
    List<RooflineResult> results = pair(format, settings);
    assertThat(results).hasSize(2);
    assertThat(results)
        .allSatisfy(
            result ->
                assertThat(result.acceptance().orElseThrow()).isCloseTo(2 / 3.0, within(0.02)));
    assertThat(results.getLast().tokensPerStep()).isCloseTo(2 * 5 / 3.0, within(0.05));
  }

  @Test
  void decodingAndPrefillAreMeasuredAsAsked() {
    List<RooflineResult> results = new ArrayList<>();
    RooflineSettings settings =
        new RooflineSettings(List.of(1, 3), List.of(40), List.of(1), 20, 2, 2);
    new Roofline(CPU, "cpu:scalar", FastPrefill.off(), settings, what -> {})
        .alone(ModelShape.TINY, WeightFormat.BF16, results::add);
    assertThat(results)
        .extracting(RooflineResult::kind)
        .containsExactly(
            RooflineResult.Kind.DECODE, RooflineResult.Kind.DECODE, RooflineResult.Kind.PREFILL);
    assertThat(results)
        .allSatisfy(
            result -> {
              assertThat(result.leastNanos()).isPositive();
              assertThat(result.medianNanos()).isGreaterThanOrEqualTo(result.leastNanos());
            });
    assertThat(results).extracting(RooflineResult::tokensPerStep).containsExactly(1.0, 3.0, 40.0);
  }

  @Test
  void aDecodeReadsTheMatricesOfAnEightBillionModelOnce() {
    PassWork one = PassWork.of(ModelShape.LLAMA_3_1_8B, WeightFormat.BF16, 1, 1, 0, 1);
    assertThat((double) one.bytes()).isCloseTo(15.01e9, within(0.01e9));
    assertThat(one.flops()).isCloseTo(15.01e9, within(0.01e9));
    PassWork many = PassWork.of(ModelShape.LLAMA_3_1_8B, WeightFormat.BF16, 32, 1, 256, 32);
    assertThat(many.bytes() - one.bytes()).isEqualTo((32L * 257 - 1) * 131_072);
    assertThat(PassWork.of(ModelShape.LLAMA_3_1_8B, WeightFormat.Q8_0, 1, 1, 0, 1).bytes())
        .isCloseTo(one.bytes() * 34 / 64, within(one.bytes() / 1000));
  }

  /** 151,936 tokens of 1,024; 28 layers of 2 (2,048 + 1,024) and 3 · 3,072 times 1,024 weights. */
  @Test
  void aDecodeReadsHeadsThatAreTogetherWiderThanTheStream() {
    PassWork one = PassWork.of(ModelShape.QWEN3_0_6B, WeightFormat.BF16, 1, 1, 0, 1);
    long matrices = 1024L * (151_936 + 28 * (2 * (2048 + 1024) + 3 * 3072));
    long keysAndValues = 2L * 28 * 8 * 128;
    assertThat(one.bytes()).isEqualTo(2 * (matrices + keysAndValues));
  }

  @Test
  void aModelWithHeadNormsIsMeasured() {
    List<RooflineResult> results = new ArrayList<>();
    RooflineSettings settings = new RooflineSettings(List.of(1), List.of(8), List.of(1), 8, 2, 2);
    new Roofline(CPU, "cpu:scalar", FastPrefill.off(), settings, what -> {})
        .alone(ModelShape.TINY_QWEN3, WeightFormat.Q8_0, results::add);
    assertThat(results).hasSize(2);
  }

  @Test
  void sequencesThatGrowTooLongAreRefused() {
    assertThatThrownBy(
            () -> new RooflineSettings(List.of(1), List.of(512), List.of(1), 4000, 4, 20))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4096");
    assertThatThrownBy(() -> ModelShape.of("llama-4"))
        .hasMessageContaining("llama-4")
        .hasMessageContaining("llama-3.1-8b");
  }
}
