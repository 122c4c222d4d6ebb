package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.PenalisedTokens;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a step costs in driver calls and copied bytes, which is most of what the host adds to it.
 */
class StepCostTest {
  private static final List<String> CALLS =
      List.of(
          "cuMemAlloc",
          "cuMemAllocHost",
          "cuGraphInstantiate",
          "cuLaunchKernel",
          "cuMemcpyHtoDAsync",
          "cuGraphLaunch",
          "cuMemcpyDtoHAsync",
          "cuStreamSynchronize");
  private static final int CHOICE_BYTES = 16;

  private final EmulatedDriver driver = EmulatedDriver.load();
  private final ModelWeights model =
      RandomModels.of(RandomModels.config(false), WeightFormat.Q8_0, 4);

  @AfterEach
  void heal() {
    driver.reset();
  }

  @Test
  void aPassIsOneGraphOneCopyBackAndOneWait() {
    try (CudaContext context = CudaContext.create(0);
        CudaModelRunner runner = TestRunners.cuda(context, model, 20)) {
      for (SamplingParams params : List.of(SamplingParams.greedy(), truncated())) {
        pass(runner, 3, params);
        long bytes = driver.bytesToHost();
        assertThat(cost(() -> pass(runner, 5, params)))
            .isEqualTo(List.of(0L, 0L, 0L, 0L, 2L, 1L, 1L, 1L));
        assertThat(driver.bytesToHost() - bytes)
            .as("tokens, confidences and margins; no logits")
            .isEqualTo(5 * CHOICE_BYTES);
      }
    }
  }

  @Test
  void penaltiesCostACopyAKernelAndAGraphMore() {
    try (CudaContext context = CudaContext.create(0);
        CudaModelRunner runner = TestRunners.cuda(context, model, 20)) {
      penalisedPass(runner);
      assertThat(cost(() -> penalisedPass(runner)))
          .isEqualTo(List.of(0L, 0L, 0L, 1L, 3L, 2L, 1L, 1L));
    }
  }

  private static void penalisedPass(CudaModelRunner runner) {
    Penalties penalties = new Penalties(1.1f, 0.5f, 0, Map.of(4, 1f));
    chunk(runner, true, 5);
    RowSampling sampling = new RowSampling();
    for (int row = 0; row < 5; row++) {
      sampling.add(truncated().with(penalties), row);
      PenalisedTokens text = new PenalisedTokens(penalties);
      text.append(row, true);
      sampling.penalise(text, 0);
    }
    runner.sample(sampling, new RowSamples());
  }

  @Test
  void aPrefillChunkIsNotWaitedFor() {
    try (CudaContext context = CudaContext.create(0);
        CudaModelRunner runner = TestRunners.cuda(context, model, 20)) {
      chunk(runner, false);
      context.synchronize();
      assertThat(cost(() -> chunk(runner, false)).subList(4, 7)).isEqualTo(List.of(1L, 1L, 0L));
    }
  }

  @Test
  void aCycleOfDraftsAndVerificationAllocatesAndRecordsNothing() {
    try (Device device =
        new CudaDeviceProvider().open(CudaDevices.spec("cuda:0", model, Optional.of(model)))) {
      CudaDevices.decode(device, 12);
      long graphs = driver.graphLaunches();
      List<Long> cost = cost(() -> CudaDevices.decode(device, 12));
      long passes = driver.graphLaunches() - graphs;
      assertThat(passes)
          .as("a graph for all drafts and one to verify, in each step of at most 3 tokens")
          .isEven()
          .isBetween(2 * 12 / 3L, 2 * 12L);
      assertThat(cost).isEqualTo(List.of(0L, 0L, 0L, 0L, 2 * passes, passes, passes, passes));
    }
  }

  @Test
  void theGraphUsedLeastRecentlyGoes() {
    try (CudaContext context = CudaContext.create(0);
        LaunchGraphs<String> graphs = new LaunchGraphs<>(context, shape -> {}, 2)) {
      Map<String, Long> recorded = new LinkedHashMap<>();
      for (String shape : List.of("a", "b", "a", "c", "a", "b")) {
        long before = driver.count("cuGraphInstantiate");
        graphs.launch(shape);
        recorded.merge(shape, driver.count("cuGraphInstantiate") - before, Long::sum);
      }
      assertThat(recorded).isEqualTo(Map.of("a", 1L, "b", 2L, "c", 1L));
      assertThat(graphs.size()).isEqualTo(2);
    }
  }

  private List<Long> cost(Runnable work) {
    List<Long> before = CALLS.stream().map(driver::count).toList();
    work.run();
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < before.size(); i++) {
      counts.add(driver.count(CALLS.get(i)) - before.get(i));
    }
    return counts;
  }

  private static void pass(CudaModelRunner runner, int rows, SamplingParams params) {
    chunk(runner, true, rows);
    RowSampling sampling = new RowSampling();
    for (int row = 0; row < rows; row++) {
      sampling.add(params, row, true);
    }
    runner.sample(sampling, new RowSamples());
  }

  private static void chunk(CudaModelRunner runner, boolean logits) {
    chunk(runner, logits, 7);
  }

  private static void chunk(CudaModelRunner runner, boolean logits, int rows) {
    ForwardBatch batch = new ForwardBatch();
    batch.addSequence(new int[] {2});
    for (int row = 0; row < rows; row++) {
      batch.addRow(row + 9, row, logits);
    }
    runner.forward(batch);
  }

  private static SamplingParams truncated() {
    return new SamplingParams(0.8f, 20, 0.9f, 0.01f, 7);
  }
}
