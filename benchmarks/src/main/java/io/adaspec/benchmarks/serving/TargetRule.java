package io.adaspec.benchmarks.serving;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How many requests are of a class, and how its latency targets follow from what a request gets
 * that is alone on the machine and decoded plainly.
 *
 * @param serviceClass the class
 * @param share of all requests
 * @param ttftScale TTFT target ÷ TTFT of a request alone
 * @param tpotScale TPOT target ÷ TPOT of a request alone
 */
record TargetRule(ServiceClass serviceClass, double share, double ttftScale, double tpotScale) {
  TargetRule {
    if (!(share > 0) || !(ttftScale > 0) || !(tpotScale > 0)) {
      throw new IllegalArgumentException(
          "share "
              + share
              + " and scales "
              + ttftScale
              + " and "
              + tpotScale
              + " of class "
              + serviceClass
              + " must be positive");
    }
  }

  /**
   * Reads {@code CLASS=SHARE:TTFT_SCALE:TPOT_SCALE,…}.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static List<TargetRule> parse(String text) {
    List<TargetRule> rules = new ArrayList<>();
    for (String word : text.split(",", -1)) {
      String[] halves = word.split("=", 2);
      String[] numbers = halves.length == 2 ? halves[1].split(":", -1) : new String[0];
      if (numbers.length != 3) {
        throw new IllegalArgumentException(
            "'" + word + "' is not CLASS=SHARE:TTFT_SCALE:TPOT_SCALE, as interactive=0.5:10:2");
      }
      try {
        rules.add(
            new TargetRule(
                ServiceClass.valueOf(halves[0].toUpperCase(Locale.ROOT)),
                Double.parseDouble(numbers[0]),
                Double.parseDouble(numbers[1]),
                Double.parseDouble(numbers[2])));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("in '" + word + "': " + e.getMessage(), e);
      }
    }
    return List.copyOf(rules);
  }

  /** The targets, from the times in milliseconds of a request alone. */
  SloTarget target(Baseline baseline) {
    return new SloTarget(
        Math.round(1e6 * ttftScale * baseline.ttftMillis()),
        Math.round(1e6 * tpotScale * baseline.tpotMillis()));
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s=%s:%s:%s",
        serviceClass.name().toLowerCase(Locale.ROOT),
        share,
        ttftScale,
        tpotScale);
  }
}
