package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.TokenHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Opens devices on the emulated driver and decodes one sequence on them. */
final class CudaDevices {
  static final int MAX_ROWS = 24;

  private CudaDevices() {}

  static DeviceSpec spec(String name, ModelWeights target, Optional<ModelWeights> draft) {
    return new DeviceSpec(name, Optional.of(target), draft, 0, 1 << 20, 16, MAX_ROWS);
  }

  /** Greedy text after a prompt of three tokens, every step drafting two. */
  static List<Integer> decode(Device device, int outputTokens) {
    return decode(
        device::execute,
        device.info().hasDraftModel() ? 2 : 0,
        outputTokens,
        SamplingParams.greedy(),
        Verifier.COUPLED);
  }

  /** Text after a prompt of three tokens, every step drafting as many. */
  static List<Integer> decode(
      Function<StepPlan, StepResult> device,
      int cap,
      int outputTokens,
      SamplingParams sampling,
      Verifier verifier) {
    int[] tokens = Arrays.copyOf(new int[] {5, 6, 7}, 3 + outputTokens + 8);
    int[] blocks = {3, 1, 4, 2};
    int size = 3;
    int computed = 0;
    int draftComputed = 0;
    while (size < 3 + outputTokens) {
      int rows = size - computed;
      BatchView view =
          new BatchView(
              List.of(
                  new BatchView.Entry(
                      0,
                      computed,
                      rows,
                      true,
                      cap,
                      size - draftComputed,
                      size - 3,
                      ServiceClass.STANDARD,
                      SloTarget.none(),
                      0,
                      Double.NaN)));
      SequenceWork work =
          new SequenceWork(
              0,
              new TokenHistory(tokens, size, 3),
              computed,
              rows,
              blocks,
              sampling,
              cap > 0 ? DrafterKind.MODEL : DrafterKind.NONE,
              cap,
              draftComputed,
              cap > 0 ? blocks : new int[0]);
      SequenceResult result =
          device
              .apply(
                  new StepPlan(
                      size,
                      List.of(work),
                      view,
                      Strategies.parse(cap > 0 ? "fixed:" + cap : "off"),
                      new NoCost(),
                      verifier))
              .sequences()
              .getFirst();
      for (int token : result.emitted()) {
        tokens[size++] = token;
      }
      computed = result.computed();
      draftComputed = result.draftComputed();
    }
    List<Integer> output = new ArrayList<>();
    for (int i = 3; i < 3 + outputTokens; i++) {
      output.add(tokens[i]);
    }
    return output;
  }

  private static final class NoCost implements CostModel {
    @Override
    public double targetPassNanos(int rows, long contextTokens) {
      return 1;
    }

    @Override
    public double draftPassNanos(int rows, long contextTokens) {
      return 1;
    }

    @Override
    public double overheadNanos(int sequences) {
      return 1;
    }
  }
}
