package io.adaspec.benchmarks.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.benchmarks.http.CompletionClient.Streamed;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HttpSpeculationCommandTest {
  @Test
  void refusesComparisonsThatShowNothing() {
    assertThat(refusal("--blocks", "1")).contains("--blocks must be at least 2, not 1");
    assertThat(refusal("--output-tokens", "1")).contains("--output-tokens must be at least 2");
    assertThat(refusal("--answers", "0")).contains("--answers must be at least 1");
    assertThat(refusal("--warm-up", "-1")).contains("--warm-up must be at least 0");
  }

  @Test
  void speedOfABlockCountsTokensAfterTheFirstOverAllItsAnswers() {
    Streamed[][] blocks = {
      {new Streamed("a", 11, 1_000_000_000, 0, 0), new Streamed("b", 21, 2_000_000_000, 0, 0)},
      {new Streamed("c", 5, 2_000_000, 0, 0)}
    };
    double[] speeds = HttpSpeculationCommand.speeds(blocks);
    assertThat(speeds[0]).isCloseTo(10, within(1e-9));
    assertThat(speeds[1]).isCloseTo(2000, within(1e-9));
  }

  @Test
  void promptsOfRandomWordsDiffer() {
    SplittableRandom random = new SplittableRandom(1);
    String first = HttpSpeculationCommand.words(random);
    assertThat(first.split(" ")).hasSize(32).allMatch(word -> word.matches("[a-z]{1,3}"));
    assertThat(HttpSpeculationCommand.words(random)).isNotEqualTo(first);
  }

  private static String refusal(String... arguments) {
    StringWriter err = new StringWriter();
    int code =
        new CommandLine(new HttpSpeculationCommand())
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    assertThat(code).isEqualTo(2);
    return err.toString();
  }
}
