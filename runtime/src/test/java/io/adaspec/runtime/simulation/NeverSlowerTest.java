package io.adaspec.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code slo} against plain decoding of the same steps, in the worst 1,000 steps in a row. */
class NeverSlowerTest {
  private static final double PROMISED = 0.97;
  private static final Lengths LONG =
      new Lengths(List.of(new Lengths.Kind(6000, 0.3, 7000, 100, 0.3, 200)));

  /** A load of 0.02 is single requests with pauses between them. */
  @ParameterizedTest
  @CsvSource(
      value = {
        "useless draft,'acceptance=0,requestSpread=0,tokenSpread=0,bias=10,noise=1',0.3,1",
        "useless draft,'acceptance=0,requestSpread=0,tokenSpread=0,bias=10,noise=1',0.02,1",
        "draft that becomes useless,'acceptance=0.8,later.acceptance=0.05,changeAfter=8',0.3,1",
        "good draft,'acceptance=0.8',0.02,1",
        "good draft,'acceptance=0.8',1.5,1",
        "bursts,'acceptance=0.6',0.3,6"
      })
  void holds(String what, String draft, double load, double cv) {
    assertThat(worst(draft, load, cv, Lengths.SPEC_BENCH)).as(what).isGreaterThan(PROMISED);
  }

  @ParameterizedTest
  @CsvSource({"0.2", "0.8"})
  void holdsForLongPrompts(double load) {
    assertThat(worst("acceptance=0.6", load, 1, LONG)).isGreaterThan(PROMISED);
  }

  /** The draft reads a prompt of 600 tokens in the time of 50 plain steps. */
  @ParameterizedTest
  @CsvSource({"0.05", "0.6"})
  void holdsWhereDraftsMustCatchUpAtLength(double load) {
    Lengths lengths = new Lengths(List.of(new Lengths.Kind(600, 0, 600, 600, 0, 600)));
    assertThat(worst(scenario("sim:cpu-110m", 300, load, 1, lengths))).isGreaterThan(PROMISED);
  }

  private static double worst(String draft, double load, double cv, Lengths lengths) {
    return worst(scenario("sim:h200-llama-8b," + draft, 20, load, cv, lengths));
  }

  private static double worst(Scenario scenario) {
    Outcome outcome = scenario.run("slo");
    assertThat(outcome.steps().steps()).isGreaterThan(1000);
    return outcome.steps().worstGain();
  }

  private static Scenario scenario(
      String device, double seconds, double load, double cv, Lengths lengths) {
    Arrivals arrivals = new Arrivals.Phases(List.of(new Arrivals.Phase(1e6, 0, load, cv)));
    Traffic traffic =
        new Traffic("all", ServiceClass.STANDARD, arrivals, lengths, Traffic.Slo.scaled(10, 2), 0);
    return new Scenario(
        "never slower",
        "",
        device,
        1,
        1,
        seconds,
        new SchedulerLimits(256, 512, 32),
        QueueBounds.none(),
        List.of(traffic));
  }
}
