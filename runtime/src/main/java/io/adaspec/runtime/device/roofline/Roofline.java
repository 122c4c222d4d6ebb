package io.adaspec.runtime.device.roofline;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.FastPrefill;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.StepTiming;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Measures steps of a model of a known shape with random weights on a device: decoding, prefill,
 * and cycles of a constructed pair whose draft model is right for four tokens of five. Weights are
 * made in memory; nothing is read or written.
 */
public final class Roofline {
  private static final int BLOCK_TOKENS = 16;

  /** Two of so many tokens are drafted wrongly. */
  private static final int WRONG_EVERY = 10;

  private final Devices devices;
  private final String name;
  private final FastPrefill fastPrefill;
  private final RooflineSettings settings;
  private final Consumer<String> progress;

  /**
   * @param name of the device
   * @param fastPrefill whether it may use a library that is not bit-exact
   * @param progress told what is being done
   */
  public Roofline(
      Devices devices,
      String name,
      FastPrefill fastPrefill,
      RooflineSettings settings,
      Consumer<String> progress) {
    this.devices = devices;
    this.name = name;
    this.fastPrefill = fastPrefill;
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Decoding and prefill of a shape.
   *
   * @param results told of each as it is measured
   * @throws io.adaspec.runtime.device.DeviceException if the model does not fit or the device fails
   * @throws IllegalArgumentException if the KV memory does not hold the sequences
   */
  public void alone(ModelShape shape, WeightFormat format, Consumer<RooflineResult> results) {
    progress.accept(shape.label() + " " + format + ": loading");
    try (ModelWeights model = RandomWeights.of(shape.config(false), format, 0);
        Device device = open(model, Optional.empty(), shape.kvElements())) {
      for (int sequences : settings.sequences()) {
        progress.accept(shape.label() + " " + format + ": decode of " + sequences);
        results.accept(decode(device, shape, format, sequences));
      }
      for (int rows : settings.prefills()) {
        progress.accept(shape.label() + " " + format + ": prefill of " + rows);
        results.accept(prefill(device, shape, format, rows));
      }
    }
  }

  /**
   * Draft/verify cycles of a target and a smaller draft model of the same vocabulary; as {@link
   * #alone}.
   */
  public void pair(
      ModelShape target, ModelShape draft, WeightFormat format, Consumer<RooflineResult> results) {
    progress.accept(target.label() + " with " + draft.label() + " " + format + ": loading");
    try (ModelWeights model = RandomWeights.of(target.config(true), format, 0);
        ModelWeights proposer = RandomWeights.of(draft.config(true), format, WRONG_EVERY);
        Device device =
            open(model, Optional.of(proposer), target.kvElements() + draft.kvElements())) {
      for (int sequences : settings.cycles()) {
        progress.accept(target.label() + " " + format + ": cycles of " + sequences);
        results.accept(cycle(device, target, draft, format, sequences));
      }
    }
  }

  /** With as much KV memory as the sequences need, if its elements have four bytes. */
  private Device open(ModelWeights target, Optional<ModelWeights> draft, long kvElements) {
    long kvBytes = Float.BYTES * kvElements * settings.mostTokens(BLOCK_TOKENS);
    return devices.open(
        new DeviceSpec(
                name, Optional.of(target), draft, 0, kvBytes, BLOCK_TOKENS, settings.maxRows())
            .withFastPrefill(fastPrefill));
  }

  private RooflineResult decode(
      Device device, ModelShape shape, WeightFormat format, int sequences) {
    int context = settings.contextTokens();
    MadeSteps steps = new MadeSteps(device, sequences, context + 1, context, context + 1);
    return result(
        RooflineResult.Kind.DECODE,
        sequences,
        1,
        context,
        repeated(steps),
        sequences,
        PassWork.of(shape, format, sequences, 1, context, sequences));
  }

  private RooflineResult prefill(Device device, ModelShape shape, WeightFormat format, int rows) {
    MadeSteps steps = new MadeSteps(device, 1, rows, 0, rows);
    return result(
        RooflineResult.Kind.PREFILL,
        1,
        rows,
        0,
        repeated(steps),
        rows,
        PassWork.of(shape, format, 1, rows, 0, 1));
  }

  private List<StepTiming> repeated(MadeSteps steps) {
    List<StepTiming> timings = new ArrayList<>();
    for (int i = 0; i < settings.warmUps() + settings.repetitions(); i++) {
      StepTiming timing = steps.repeat().timing();
      if (i >= settings.warmUps()) {
        timings.add(timing);
      }
    }
    return timings;
  }

  private RooflineResult cycle(
      Device device, ModelShape target, ModelShape draft, WeightFormat format, int sequences) {
    int context = settings.contextTokens();
    int drafts = settings.draftTokens();
    MadeSteps steps = new MadeSteps(device, sequences, context, 0, settings.cycleTokens());
    List<StepTiming> timings = new ArrayList<>();
    long drafted = 0;
    long accepted = 0;
    for (int i = 0; i < settings.warmUps() + settings.repetitions(); i++) {
      StepResult result = steps.advance(drafts);
      if (i >= settings.warmUps()) {
        timings.add(result.timing());
        for (SequenceResult sequence : result.sequences()) {
          drafted += sequence.drafted();
          accepted += sequence.accepted();
        }
      }
    }
    double acceptance = (double) accepted / drafted;
    double tokens = sequences + (double) accepted / timings.size();
    PassWork verify =
        PassWork.of(target, format, sequences, drafts + 1, context, sequences * (drafts + 1));
    PassWork pass = PassWork.of(draft, format, sequences, 1, context, sequences);
    RooflineResult result =
        result(
            RooflineResult.Kind.CYCLE,
            sequences,
            drafts + 1,
            context,
            timings,
            tokens,
            verify.plus(pass, drafts));
    return result.withAcceptance(OptionalDouble.of(acceptance));
  }

  private static RooflineResult result(
      RooflineResult.Kind kind,
      int sequences,
      int rows,
      int contextTokens,
      List<StepTiming> timings,
      double tokens,
      PassWork work) {
    double[] total = timings.stream().mapToDouble(StepTiming::totalNanos).sorted().toArray();
    double[] verify = timings.stream().mapToDouble(StepTiming::verifyNanos).toArray();
    return new RooflineResult(
        kind,
        sequences,
        rows,
        contextTokens,
        RooflineResult.median(total),
        total[0],
        RooflineResult.median(verify),
        tokens,
        OptionalDouble.empty(),
        work.bytes(),
        work.flops());
  }
}
