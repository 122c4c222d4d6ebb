package io.adaspec.benchmarks.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.actors.EngineModel;
import io.adaspec.benchmarks.engine.LetterTokenizer;
import io.adaspec.benchmarks.serving.OpenLoopTraffic.PromptSource;
import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.benchmarks.statistics.Verdict;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingBenchmarkTest {
  private static final String DEVICE = "sim:tiny,vocab=64";
  private static final String RULES = "interactive=0.5:10:2,standard=0.5:20:5";
  private static final ServingPlan PLAN =
      new ServingPlan(
          List.of("off", "fixed:2"), List.of(0.5), 2, 0.05, 8, 6, 0, TargetRule.parse(RULES), 1);

  @TempDir private Path folder = Path.of(".");

  @Test
  void servesAllBlocksUnderAllPoliciesAndContinuesWhereItWas() throws IOException {
    Path file = folder.resolve("serving-test.csv");
    List<String> done = new ArrayList<>();
    run(file, done);
    assertThat(done).filteredOn(line -> line.startsWith("block")).hasSize(4);
    List<Block> blocks = log(file).blocks();
    assertThat(blocks)
        .extracting(Block::policy)
        .containsExactly("off", "fixed:2", "fixed:2", "off");
    assertThat(blocks)
        .extracting(Block::steps)
        .allMatch(steps -> steps.seconds() > 0 && steps.gainedSeconds() > -steps.seconds());
    assertThat(blocks.getFirst().steps().gainedSeconds()).isZero();
    assertThat(blocks.get(0).requests()).hasSameSizeAs(blocks.get(1).requests());
    assertThat(blocks)
        .flatExtracting(Block::requests)
        .isNotEmpty()
        .allMatch(request -> request.tokens() == PLAN.outputTokens())
        .allMatch(request -> request.ttftMillis() > 0 && request.tpotMillis() >= 0);

    List<String> lines = Files.readAllLines(file);
    Files.writeString(file, String.join("\n", lines.subList(0, lines.size() - 1)) + "\n1.0,1,o");
    List<String> rest = new ArrayList<>();
    run(file, rest);
    assertThat(rest).filteredOn(line -> line.startsWith("block")).hasSize(1);
    assertThat(Files.readAllLines(file).subList(0, lines.size() - 1))
        .isEqualTo(lines.subList(0, lines.size() - 1));
  }

  @Test
  void refusesAFileOfOtherSettings() throws IOException {
    Path file = folder.resolve("serving-test.csv");
    log(file).begin(new Baseline(10, 5, 1, 1));
    assertThatThrownBy(() -> ServingLog.open(file, PLAN.identity("another"), PLAN.classes()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--name");
  }

  @Test
  void ratesAndTargetsFollowTheMachinesSpeed() throws IOException {
    Path file = folder.resolve("serving-test.csv");
    ServingLog log = log(file);
    log.begin(new Baseline(10, 5, 1, 0.3));
    ServedRequest request =
        new ServedRequest(ServiceClass.INTERACTIVE, new SloTarget(1, 1), 5, 20, 40);
    log.append(new Block(0.5, 0, "off", 0.5, 1, new StepTime(2, 0.5), List.of(request)));
    ServingLog again = log(file);
    assertThat(again.speed(0.5, 0)).hasValue(0.5);
    assertThat(again.speed(0.5, 1)).isEmpty();
    assertThat(again.blocks().getFirst().steps()).isEqualTo(new StepTime(2, 0.5));
    assertThat(again.blocks().getFirst().requests().getFirst().target())
        .isEqualTo(new SloTarget(100_000_000, 4_000_000));
    assertThat(again.baseline().orElseThrow().at(0.5)).isEqualTo(new Baseline(5, 10, 2, 0.6));
  }

  @Test
  void reportSaysWhoIsBetterAndWhatNobodyKnows() throws IOException {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      blocks.add(block(i, "off", 10 + i % 3));
      blocks.add(block(i, "fixed:2", 6 + i % 3));
    }
    new ServingReport(PLAN, new Baseline(10, 5, 4, 1), blocks).write(folder, "serving-x", "# X");
    String report = Files.readString(folder.resolve("serving-x.md"));
    assertThat(report)
        .containsPattern("TPOT ms mean \\| 0\\.63\\d \\[0\\.\\d+, 0\\.\\d+\\] better")
        .contains("worst block | 1.004, 0.950 | 1.004, 0.950 |")
        .containsPattern("output tokens/s \\| 1\\.000 \\[1\\.000, 1\\.000\\] inconclusive");
    assertThat(folder.resolve("serving-x-attainment.svg")).isNotEmptyFile();
  }

  @Test
  void attainmentIsComparedInPoints() {
    List<Block> good = List.of(block(0, "a", 3), block(1, "a", 3));
    List<Block> bad = List.of(block(0, "b", 30), block(1, "b", 30));
    Interval interval = Figure.ATTAINMENT.compare(good, bad);
    assertThat(interval.value()).isEqualTo(100, within(1e-9));
    assertThat(Figure.ATTAINMENT.verdict(interval)).isEqualTo(Verdict.BETTER);
    assertThat(Figure.E2E_P99.verdict(Figure.E2E_P99.compare(bad, good))).isEqualTo(Verdict.WORSE);
  }

  /** Ten requests of five tokens with that TPOT; the target is 8 ms. */
  private static Block block(int number, String policy, double tpotMillis) {
    ServedRequest request =
        new ServedRequest(
            ServiceClass.STANDARD,
            new SloTarget(100_000_000, 8_000_000),
            5,
            20,
            20 + 4 * tpotMillis);
    StepTime steps = new StepTime(1, number == 3 ? -0.05 : 0.01);
    return new Block(0.5, number, policy, 1, 1, steps, Collections.nCopies(10, request));
  }

  private static ServingLog log(Path file) throws IOException {
    return ServingLog.open(file, PLAN.identity("test"), PLAN.classes());
  }

  private static void run(Path file, List<String> progress) throws IOException {
    SimulatedDevice sample = SimulatedDeviceProvider.openSimulated(DEVICE);
    EngineModel model = new EngineModel("test", new LetterTokenizer(64), 1024);
    try (ServingBenchmark benchmark =
        new ServingBenchmark(
            PLAN,
            model,
            () -> SimulatedDeviceProvider.openSimulated(DEVICE),
            sample.cost(),
            PromptSource.random(64, 1),
            progress::add)) {
      ServingLog log = log(file);
      benchmark.run(log, benchmark.prepare(log, 0.4));
    }
  }
}
