package io.adaspec.runtime.device.profile;

import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.CostProfile.Measurement;
import io.adaspec.runtime.speculation.CostProfile.Pass;
import io.adaspec.runtime.speculation.PassCurve;
import io.adaspec.runtime.step.StepTiming;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToLongFunction;

/** Collects measured steps and fits a {@link CostProfile} to them. */
final class ProfileFit {
  /** Medians of one point's repetitions. */
  private record Times(long reads, double verify, double draft, double overhead) {
    Times least(Times other) {
      return new Times(
          reads,
          Math.min(verify, other.verify),
          Math.min(draft, other.draft),
          Math.min(overhead, other.overhead));
    }
  }

  private final Map<ProfilePoint, Times> points = new LinkedHashMap<>();

  /** Adds the repetitions of one point; of several additions of a point the least times count. */
  void add(ProfilePoint point, List<StepTiming> timings) {
    Times times =
        new Times(
            timings.getFirst().targetContextReads(),
            median(timings, StepTiming::verifyNanos),
            median(timings, StepTiming::draftNanos),
            median(timings, t -> t.totalNanos() - t.verifyNanos() - t.draftNanos()));
    points.merge(point, times, Times::least);
  }

  /** The profile of what was added. */
  CostProfile profile() {
    if (points.isEmpty()) {
      throw new IllegalStateException("nothing was measured yet");
    }
    List<PassCurve.Sample> target = new ArrayList<>();
    List<PassCurve.Sample> draft = new ArrayList<>();
    List<Measurement> measurements = new ArrayList<>();
    points.forEach(
        (point, times) -> {
          int context = point.contextTokens();
          Pass pass = point.rows() > 1 ? Pass.PREFILL : point.drafts() ? Pass.VERIFY : Pass.DECODE;
          measurements.add(new Measurement(pass, point.targetRows(), context, times.verify()));
          if (pass != Pass.PREFILL) {
            target.add(new PassCurve.Sample(point.targetRows(), times.reads(), times.verify()));
          }
          if (pass == Pass.VERIFY) {
            long reads = point.sequences() * BatchView.contextReads(context, 1);
            draft.add(new PassCurve.Sample(point.sequences(), reads, times.draft()));
            measurements.add(
                new Measurement(Pass.DRAFT, point.sequences(), context, times.draft()));
          }
        });
    PassCurve curve = PassCurve.fit(target);
    double perSequence = sequenceNanos();
    double perStep =
        mean(points, (point, times) -> times.overhead() - perSequence * point.sequences());
    return new CostProfile(
        curve,
        draft.isEmpty() ? Optional.empty() : Optional.of(PassCurve.fit(draft)),
        prefillSaving(curve),
        Math.max(0, perStep),
        perSequence,
        measurements);
  }

  /** Least-squares slope of the overhead over sequences, not below 0. */
  private double sequenceNanos() {
    double meanX = mean(points, (point, times) -> point.sequences());
    double meanY = mean(points, (point, times) -> times.overhead());
    double product = 0;
    double square = 0;
    for (Map.Entry<ProfilePoint, Times> each : points.entrySet()) {
      double x = each.getKey().sequences() - meanX;
      product += x * (each.getValue().overhead() - meanY);
      square += x * x;
    }
    return square == 0 ? 0 : Math.max(0, product / square);
  }

  /** Median over the prefill chunks of what a row took less than a row with logits. */
  private double prefillSaving(PassCurve curve) {
    double[] savings =
        points.entrySet().stream()
            .filter(each -> each.getKey().rows() > 1)
            .mapToDouble(
                each -> {
                  int rows = each.getKey().rows();
                  Times times = each.getValue();
                  return (curve.passNanos(rows, times.reads()) - times.verify()) / rows;
                })
            .sorted()
            .toArray();
    return savings.length == 0 ? 0 : Math.max(0, savings[savings.length / 2]);
  }

  private static double mean(
      Map<ProfilePoint, Times> points, ToDoubleBiFunction<ProfilePoint, Times> value) {
    return points.entrySet().stream()
        .mapToDouble(each -> value.applyAsDouble(each.getKey(), each.getValue()))
        .average()
        .orElse(0);
  }

  private static double median(List<StepTiming> timings, ToLongFunction<StepTiming> part) {
    long[] sorted = timings.stream().mapToLong(part).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
