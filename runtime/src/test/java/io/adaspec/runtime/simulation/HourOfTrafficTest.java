package io.adaspec.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HourOfTrafficTest {
  private static final Path SCENARIOS =
      Path.of(System.getProperty("adaspec.root", ".."), "config", "scenarios");

  /** Takes about two seconds; the bound is for machines that do something else. */
  private static final Duration GENEROUS = Duration.ofMinutes(2);

  @Test
  void anHourIsSimulatedInSecondsAndTwiceTheSame() throws IOException {
    Scenario scenario =
        ScenarioFile.read(SCENARIOS.resolve("recorded-pair.json"), Optional.empty());
    Outcome first = assertTimeout(GENEROUS, () -> scenario.run("slo"));
    Outcome second = assertTimeout(GENEROUS, () -> scenario.run("slo"));

    assertThat(first.seconds()).isGreaterThanOrEqualTo(3600);
    assertThat(first.records()).hasSizeGreaterThan(1000);
    assertThat(texts(second)).isEqualTo(texts(first));
    assertThat(second.records().stream().map(RequestRecord::lastTokenNanos))
        .containsExactlyElementsOf(
            first.records().stream().map(RequestRecord::lastTokenNanos).toList());
  }

  @Test
  void aRecordingIsPlayedBack() throws IOException {
    Scenario scenario =
        ScenarioFile.read(SCENARIOS.resolve("recorded-pair.json"), Optional.empty());
    StepTally steps = scenario.run("fixed:1").steps();
    double rate = (double) steps.acceptedTokens() / steps.verifiedTokens();

    assertThat(rate).isBetween(RECORDED - 0.05, RECORDED + 0.05);
  }

  /** Share of accepted tokens in the file. */
  private static final double RECORDED = 0.669;

  private static List<Long> texts(Outcome outcome) {
    return outcome.records().stream().map(RequestRecord::outputHash).toList();
  }
}
