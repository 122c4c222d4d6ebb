package io.adaspec.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceTest {
  private static final Path RECORDED =
      Path.of(System.getProperty("adaspec.root", ".."), "..", "shared", "assets", "traces");

  @ParameterizedTest
  @CsvSource({"conv, 2867, 1.10, 515", "mooncake, 1077, 0.46, 40", "code, 719, 8.98, 85"})
  void generatedTracesHaveTheStatisticsOfTheRecordedOnes(
      String name, int requests, double variation, int busySeconds) {
    Trace trace = Trace.generate(name);

    assertThat((double) trace.times().size()).isCloseTo(requests, within(0.12 * requests));
    assertThat(variation(trace.times())).isCloseTo(variation, within(0.4 * variation));
    if (name.equals("code")) {
      assertThat(trace.times().getFirst()).isGreaterThan(70);
      assertThat(trace.times().getLast()).isLessThan(450);
      assertThat(trace.times().stream().map(Double::intValue).distinct().count())
          .isBetween(60L, busySeconds + 40L);
    }
  }

  @Test
  void theRecordedTracesAreReadWhereTheyAre() throws IOException {
    assumeTrue(Files.isDirectory(RECORDED), "no recorded traces in " + RECORDED);

    assertThat(Trace.load("conv", Optional.of(RECORDED)).times()).hasSize(2867);
    assertThat(Trace.load("mooncake", Optional.of(RECORDED)).times()).hasSize(1077);
    Trace code = Trace.load("code", Optional.of(RECORDED));
    assertThat(code.times()).hasSize(719);
    assertThat(code.recorded()).isTrue();
    assertThat(variation(code.times())).isCloseTo(8.98, within(0.01));
    assertThat(code.times().stream().map(Double::intValue).distinct()).hasSize(600 - 515);
  }

  @ParameterizedTest
  @CsvSource({"conv, 12, 7.0", "mooncake, 4, 2.9", "code, 27, 14.5"})
  void theRecordedTracesHaveTheirKnownBursts(String name, long mostInASecond, double mostInTen)
      throws IOException {
    assumeTrue(Files.isDirectory(RECORDED), "no recorded traces in " + RECORDED);
    List<Double> times = Trace.load(name, Optional.of(RECORDED)).times();

    assertThat(busiest(times, 1)).isEqualTo(mostInASecond);
    assertThat(busiest(times, 10) / 10.0).isCloseTo(mostInTen, within(0.3));
  }

  /** Most arrivals in one of the windows of so many seconds. */
  private static long busiest(List<Double> times, int seconds) {
    return times.stream()
        .collect(Collectors.groupingBy(time -> (int) (time / seconds), Collectors.counting()))
        .values()
        .stream()
        .mapToLong(count -> count)
        .max()
        .orElseThrow();
  }

  @Test
  void aReplayedTraceReachesTheLoadItIsTold() {
    Arrivals arrivals = new Arrivals.Replay(Trace.generate("conv"), 0, 0.5);

    List<Double> times = arrivals.times(100, 20, new Draws(1, "t"));

    assertThat((double) times.size()).isCloseTo(1000, within(80.0));
    assertThat(times).isSorted();
  }

  @Test
  void phasesFollowEachOtherAndBeginAnew() {
    Arrivals arrivals =
        new Arrivals.Phases(
            List.of(new Arrivals.Phase(10, 50, 0, 1), new Arrivals.Phase(10, 0, 0, 1)));

    List<Double> times = arrivals.times(40, 1, new Draws(1, "t"));

    assertThat((double) times.size()).isCloseTo(1000, within(100.0));
    assertThat(times).allMatch(time -> time % 20 < 10);
  }

  /** Of the gaps. */
  private static double variation(List<Double> times) {
    double mean = (times.getLast() - times.getFirst()) / (times.size() - 1);
    double squares = 0;
    for (int i = 1; i < times.size(); i++) {
      squares += Math.pow(times.get(i) - times.get(i - 1) - mean, 2);
    }
    return Math.sqrt(squares / (times.size() - 1)) / mean;
  }
}
