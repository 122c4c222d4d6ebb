package io.adaspec.benchmarks.paper;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.simulation.Arrivals;
import io.adaspec.runtime.simulation.Lengths;
import io.adaspec.runtime.simulation.Outcome;
import io.adaspec.runtime.simulation.QueueBounds;
import io.adaspec.runtime.simulation.Scenario;
import io.adaspec.runtime.simulation.Trace;
import io.adaspec.runtime.simulation.Traffic;
import io.adaspec.runtime.time.CalendarClock;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Repeats the experiment of AdaSpec (arXiv 2503.05096, section 6) in simulation: model pairs ×
 * traces × SLO scales × strategies, and a sweep over load; checks what should hold, cell by cell,
 * and writes tables and plots.
 *
 * <p>{@code benchmarks/run paper} writes {@code paper-replication.md}, {@code .csv} and {@code
 * -*.svg} into {@code benchmarks/results}. Where recorded traces are missing, arrivals of the same
 * statistics are generated, and the report says so. Deterministic; the baselines are those of the
 * paper, the machines are estimates (see {@code SimulatedProfiles}).
 */
final class PaperReplication {
  static final String PLAIN = "off";
  static final List<String> FIXED =
      IntStream.rangeClosed(1, 8).mapToObj(k -> "fixed:" + k).toList();

  private static final List<String> ADAPTIVE =
      List.of(
          "threshold:0.6",
          "smartspec",
          "smartspec:upstream",
          "adaspec-drafter",
          "adaspec-literal",
          "adaspec",
          "slo");
  static final List<String> STRATEGIES =
      Stream.of(List.of(PLAIN), FIXED, ADAPTIVE).flatMap(List::stream).toList();
  static final List<String> PAIRS =
      List.of(
          "a100-vicuna-7b",
          "l40-vicuna-7b",
          "4xa100-vicuna-33b",
          "8xa100-llama-70b",
          "h200-llama-8b");

  private static final List<String> TRACES = List.of("conv", "mooncake", "code");
  private static final List<Double> SLO_SCALES = List.of(1.2, 1.6, 2.5);
  private static final List<Double> LOADS = List.of(0.2, 0.3, 0.6, 0.8, 1.0, 1.5);
  private static final List<Long> SEEDS = List.of(1L, 2L, 3L);
  private static final double TRACE_LOAD = 0.4;
  private static final double TTFT_SCALE = 10;
  private static final int REQUESTS = 500;

  /** Its bursts are minutes apart, so it is replayed for as long as they last. */
  private static final String BURSTY = "code";

  private static final double BURSTY_SECONDS = 440;

  private final Optional<Path> traces;
  private final CellStore store;
  private final PrintStream progress;

  private PaperReplication(Optional<Path> traces, CellStore store, PrintStream progress) {
    this.traces = traces;
    this.store = store;
    this.progress = progress;
  }

  /**
   * Runs everything and writes into {@code out}.
   *
   * @param traces folder of recorded traces
   * @param finished folder that keeps finished cells, which are not run again; empty to keep none
   */
  static void run(Path out, Optional<Path> traces, Optional<Path> finished) throws IOException {
    PaperReplication replication =
        new PaperReplication(traces, new CellStore(finished), System.out);
    List<Supplier<Cell>> grid = new ArrayList<>(replication.traceCells());
    grid.addAll(replication.loadCells());
    List<Cell> cells = grid.parallelStream().map(Supplier::get).toList();
    List<MixedClasses.Comparison> mixed = PAIRS.stream().map(MixedClasses::compare).toList();
    boolean recorded = Trace.load(TRACES.getFirst(), traces).recorded();
    Files.createDirectories(out);
    new ReplicationReport(cells, mixed, recorded, CalendarClock.system().now().toLocalDate())
        .write(out);
  }

  /** Every pair and trace at a moderate load, with tight to loose targets. */
  private List<Supplier<Cell>> traceCells() throws IOException {
    List<Supplier<Cell>> cells = new ArrayList<>();
    for (String pair : PAIRS) {
      for (String name : TRACES) {
        Trace trace = Trace.load(name, traces);
        for (double scale : SLO_SCALES) {
          cells.add(
              () ->
                  run(
                      new Cell(pair, name, TRACE_LOAD, scale),
                      seed -> new Arrivals.Overlay(trace, seed, TRACE_LOAD)));
        }
      }
    }
    return cells;
  }

  /** Every pair under Poisson arrivals from nearly idle to overload. */
  private List<Supplier<Cell>> loadCells() {
    List<Supplier<Cell>> cells = new ArrayList<>();
    for (String pair : PAIRS) {
      for (double load : LOADS) {
        Arrivals arrivals = new Arrivals.Phases(List.of(new Arrivals.Phase(1e6, 0, load, 1)));
        cells.add(() -> run(new Cell(pair, "poisson", load, 2), seed -> arrivals));
      }
    }
    return cells;
  }

  private Cell run(Cell place, LongFunction<Arrivals> arrivals) {
    Optional<Cell> finished = store.load(place, new LinkedHashSet<>(STRATEGIES));
    if (finished.isPresent()) {
      return finished.get();
    }
    Cell cell = simulate(place, arrivals);
    store.save(cell);
    progress.println(cell.name());
    return cell;
  }

  private static Cell simulate(Cell cell, LongFunction<Arrivals> arrivals) {
    double capacity = scenario(cell, arrivals, 1, 1).capacity(Lengths.SPEC_BENCH);
    double seconds = REQUESTS / (cell.load() * capacity);
    if (cell.traffic().equals(BURSTY)) {
      seconds = BURSTY_SECONDS;
    }
    List<Long> seeds = cell.traffic().equals(BURSTY) ? SEEDS.subList(0, 1) : SEEDS;
    for (String strategy : STRATEGIES) {
      List<Outcome> outcomes = new ArrayList<>();
      for (long seed : seeds) {
        outcomes.add(scenario(cell, arrivals, seed, seconds).run(strategy));
      }
      cell.results().put(strategy, Cell.Result.of(outcomes));
    }
    return cell;
  }

  private static Scenario scenario(
      Cell cell, LongFunction<Arrivals> arrivals, long seed, double seconds) {
    Traffic traffic =
        new Traffic(
            cell.traffic(),
            ServiceClass.STANDARD,
            arrivals.apply(seed),
            Lengths.SPEC_BENCH,
            Traffic.Slo.scaled(TTFT_SCALE, cell.sloScale()),
            0);
    return new Scenario(
        cell.name(),
        "",
        "sim:" + cell.pair(),
        1,
        seed,
        seconds,
        new SchedulerLimits(256, 512, 32),
        QueueBounds.none(),
        List.of(traffic));
  }
}
