package io.adaspec.benchmarks.paper;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.benchmarks.paper.Claims.Verdict;
import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.runtime.simulation.TrafficReport;
import io.adaspec.runtime.simulation.TrafficReport.Spread;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimsTest {
  @TempDir private Path folder = Path.of(".");

  @Test
  void aClearDifferenceHoldsOrFailsAndASmallOneIsATie() {
    assertThat(adaspecOverFixed(cell(800)).holding()).isEqualTo(1);
    assertThat(adaspecOverFixed(cell(1250)).failures()).hasSize(1);
    Verdict tie = adaspecOverFixed(cell(1001));
    assertThat(tie.ties()).isEqualTo(1);
    assertThat(tie.worst()).isLessThan(1);
  }

  @Test
  void namesTheBestFixedLength() {
    Cell cell = cell(1000);
    cell.results().put("fixed:6", result(900, 0.9, 5));
    assertThat(cell.bestFixed()).isEqualTo("fixed:6");
    Interval slower = cell.speedUp("fixed:1", "fixed:6");
    assertThat(slower.high()).isLessThan(1);
  }

  @Test
  void aFinishedCellIsReadBackAsItWas() {
    CellStore store = new CellStore(Optional.of(folder));
    Cell cell = cell(950);
    Set<String> strategies = new HashSet<>(PaperReplication.STRATEGIES);
    assertThat(store.load(cell, strategies)).isEmpty();
    store.save(cell);
    assertThat(store.load(new Cell("p", "conv", 0.4, 2), strategies)).contains(cell);
    assertThat(store.load(cell, Set.of("off"))).isEmpty();
    assertThat(store.load(new Cell("p", "conv", 0.5, 2), strategies)).isEmpty();
  }

  private static Verdict adaspecOverFixed(Cell cell) {
    return Claims.of(List.of(cell)).get(4);
  }

  /** Everybody takes about 1,000 ms but plain decoding, and adaspec as long as is said. */
  private static Cell cell(double adaspecMillis) {
    Cell cell = new Cell("p", "conv", 0.4, 2);
    long seed = 1;
    for (String strategy : PaperReplication.STRATEGIES) {
      cell.results().put(strategy, result(1000, 0.9, seed++));
    }
    cell.results().put("off", result(2000, 0.5, seed++));
    cell.results().put("adaspec", result(adaspecMillis, 0.9, seed));
    return cell;
  }

  private static Cell.Result result(double e2eMillis, double attainment, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Sums> stretches = new ArrayList<>();
    double sum = 0;
    for (int i = 0; i < 40; i++) {
      double mean = e2eMillis * (1 + 0.1 * random.nextGaussian());
      sum += mean;
      stretches.add(new Sums(25, 25 * mean, (int) (25 * attainment), 1000));
    }
    Spread e2e = new Spread(sum / 40, sum / 40, sum / 40);
    TrafficReport report =
        new TrafficReport(1000, 0, attainment, attainment, attainment, 10, 20, e2e, e2e, e2e);
    return new Cell.Result(report, 2, 1.5, 1.2, stretches);
  }
}
