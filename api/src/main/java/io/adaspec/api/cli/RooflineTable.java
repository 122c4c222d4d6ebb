package io.adaspec.api.cli;

import io.adaspec.runtime.device.DevicePeaks;
import io.adaspec.runtime.device.roofline.RooflineResult;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Results of {@code adaspec roofline} for people, line by line, and for programs, at the end. */
final class RooflineTable {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double GIGA = 1e9;
  private static final double TERA = 1e12;

  private final Optional<DevicePeaks> peaks;
  private final OutputOptions output;

  /**
   * @param peaks of the device, if they are known
   */
  RooflineTable(Optional<DevicePeaks> peaks, OutputOptions output) {
    this.peaks = peaks;
    this.output = output;
  }

  void begin(String device) {
    print(
        device
            + peaks
                .map(
                    best ->
                        String.format(
                            Locale.ROOT,
                            ": copies %.0f GB/s (read and written), multiplies %.1f TFLOP/s",
                            best.copyBytesPerSecond() / GIGA,
                            best.matrixFlopsPerSecond() / TERA))
                .orElse(": peaks unknown"));
    print(
        String.format(
            Locale.ROOT,
            "%-28s %-5s %-28s %9s %9s %15s %16s %9s",
            "model",
            "type",
            "step",
            "ms",
            "least ms",
            "GB/s",
            "TFLOP/s",
            "tokens/s"));
  }

  /** Prints a result. Returns it for {@link #end}. */
  Map<String, Object> add(String model, WeightFormat weights, RooflineResult result) {
    print(
        String.format(
            Locale.ROOT,
            "%-28s %-5s %-28s %9.3f %9.3f %15s %16s %9.0f%s",
            model,
            name(weights),
            step(result),
            result.medianNanos() / NANOS_PER_MILLI,
            result.leastNanos() / NANOS_PER_MILLI,
            withShare(
                String.format(Locale.ROOT, "%.1f", result.bytesPerSecond() / GIGA),
                shareOfCopy(result)),
            withShare(
                String.format(Locale.ROOT, "%.2f", result.flopsPerSecond() / TERA),
                shareOfMatrix(result)),
            result.tokensPerSecond(),
            result.acceptance().isEmpty()
                ? ""
                : String.format(
                    Locale.ROOT,
                    "  verify pass %.3f ms, %.0f %% accepted",
                    result.verifyNanos() / NANOS_PER_MILLI,
                    100 * result.acceptance().getAsDouble())));
    return json(model, weights, result);
  }

  /** Prints why a model could not be measured. */
  void refused(String model, WeightFormat weights, String reason) {
    print(String.format(Locale.ROOT, "%-28s %-5s not measured: %s", model, name(weights), reason));
  }

  /** Prints everything for programs. */
  void end(String device, List<Map<String, Object>> results) {
    if (output.json()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("device", device);
      peaks.ifPresent(
          best -> {
            object.put("copy_bytes_per_second", Math.round(best.copyBytesPerSecond()));
            object.put("matrix_flops_per_second", Math.round(best.matrixFlopsPerSecond()));
          });
      object.put("results", results);
      output.printJson(object);
    }
  }

  private Map<String, Object> json(String model, WeightFormat weights, RooflineResult result) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", model);
    object.put("weights", name(weights));
    object.put("step", result.kind().name().toLowerCase(Locale.ROOT));
    object.put("sequences", result.sequences());
    object.put("rows", result.rows());
    object.put("context_tokens", result.contextTokens());
    object.put("median_ms", result.medianNanos() / NANOS_PER_MILLI);
    object.put("least_ms", result.leastNanos() / NANOS_PER_MILLI);
    object.put("verify_ms", result.verifyNanos() / NANOS_PER_MILLI);
    object.put("tokens_per_second", result.tokensPerSecond());
    object.put("bytes_per_second", result.bytesPerSecond());
    object.put("flops_per_second", result.flopsPerSecond());
    shareOfCopy(result).ifPresent(share -> object.put("share_of_copy", share));
    shareOfMatrix(result).ifPresent(share -> object.put("share_of_matrix", share));
    result.acceptance().ifPresent(share -> object.put("acceptance_rate", share));
    return object;
  }

  private Optional<Double> shareOfCopy(RooflineResult result) {
    return peaks.map(best -> result.bytesPerSecond() / best.copyBytesPerSecond());
  }

  private Optional<Double> shareOfMatrix(RooflineResult result) {
    return peaks.map(best -> result.flopsPerSecond() / best.matrixFlopsPerSecond());
  }

  private static String step(RooflineResult result) {
    return switch (result.kind()) {
      case DECODE ->
          String.format(
              Locale.ROOT, "decode of %d at %d", result.sequences(), result.contextTokens());
      case PREFILL -> String.format(Locale.ROOT, "prefill of %d", result.rows());
      case CYCLE ->
          String.format(
              Locale.ROOT,
              "%d drafts, %d sequences at %d",
              result.rows() - 1,
              result.sequences(),
              result.contextTokens());
    };
  }

  private static String withShare(String rate, Optional<Double> share) {
    return share
        .map(each -> rate + String.format(Locale.ROOT, " (%.0f %%)", 100 * each))
        .orElse(rate);
  }

  private static String name(WeightFormat weights) {
    return weights.name().toLowerCase(Locale.ROOT);
  }

  private void print(String line) {
    if (!output.json()) {
      output.out().println(line);
    }
  }
}
