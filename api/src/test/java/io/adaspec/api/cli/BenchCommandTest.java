package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  @TempDir private Path folder = Path.of("");
  private String model = "";

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModels.writeLlama(folder).toString();
  }

  @Test
  void reportsEveryBatchSize() {
    JsonNode report = bench("--batch", "1,3", "--json").json();
    assertThat(report.get("prompt_tokens").asInt()).isEqualTo(20);
    assertThat(report.get("policy").asText()).isEqualTo("off");
    assertThat(report.get("results")).hasSize(2);
    assertThat(report.at("/results/1/batch").asInt()).isEqualTo(3);
    for (JsonNode result : report.get("results")) {
      for (String phase : new String[] {"prefill", "decode"}) {
        JsonNode rate = result.get(phase + "_tokens_per_second");
        assertThat(rate.get("min").asDouble()).isPositive();
        assertThat(rate.get("median").asDouble())
            .isBetween(rate.get("min").asDouble(), rate.get("max").asDouble());
      }
      assertThat(result.has("acceptance_rate")).isFalse();
    }
  }

  @Test
  void reportsAcceptanceWhenADraftIsGiven() throws IOException {
    String draft = Files.copy(Path.of(model), folder.resolve("draft.gguf")).toString();
    JsonNode same = bench("--batch", "2", "--json", "--draft", draft, "--policy", "fixed:2").json();
    assertThat(same.at("/results/0/acceptance_rate").asDouble()).isGreaterThan(0.9);
    assertThat(same.at("/results/0/draft_tokens").asInt()).isPositive();
  }

  @Test
  void printsATableForPeople() {
    CommandRun run = bench("--batch", "1,2");
    assertThat(run.out().lines()).hasSize(4);
    assertThat(run.out()).contains("tiny on cpu: 1 thread", "prefill tokens/s", "decode tokens/s");
  }

  @Test
  void takesPromptsFromAText() throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "abc cab ab bc ".repeat(50));
    assertThat(bench("--batch", "1", "--prompt-file", text.toString()).exitCode()).isZero();
    Files.writeString(text, "abc");
    CommandRun tooShort = bench("--batch", "1", "--prompt-file", text.toString());
    assertThat(tooShort.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(tooShort.err()).contains("--prompt-file").contains("at least 40");
  }

  @Test
  void wrongValuesAreUsageErrors() {
    String[][] wrongs = {
      {"must be at least", "--output-tokens", "1"},
      {"must be at least", "--repetitions", "0", "--output-tokens", "8"},
      {"positive numbers", "--batch", "0", "--output-tokens", "8"},
      {"context of 128", "--prompt-tokens", "121", "--output-tokens", "8"},
      {"max-sequences 64", "--batch", "65", "--prompt-tokens", "20", "--output-tokens", "8"}
    };
    for (String[] wrong : wrongs) {
      Stream<String> options = Stream.of(wrong).skip(1);
      CommandRun run =
          CommandRun.of(
              Stream.concat(Stream.of("bench", "--model", model), options).toArray(String[]::new));
      assertThat(run.exitCode()).as(run.err()).isEqualTo(Main.USAGE);
      assertThat(run.err()).startsWith("adaspec: ").contains(wrong[0]).contains("bench --help");
    }
  }

  @Test
  void theMedianIsTheMiddleOrTheMeanOfTwo() {
    assertThat(Spread.of(new double[] {3, 1, 2})).isEqualTo(new Spread(2, 1, 3));
    assertThat(Spread.of(new double[] {4, 1, 2, 3})).isEqualTo(new Spread(2.5, 1, 4));
  }

  private CommandRun bench(String... options) {
    String[] small = {
      "bench", "--model", model, "--threads", "1", "--prompt-tokens", "20", "--output-tokens", "8"
    };
    return CommandRun.of(
        Stream.of(Stream.of(small), Stream.of("--repetitions", "2"), Stream.of(options))
            .flatMap(each -> each)
            .toArray(String[]::new));
  }
}
