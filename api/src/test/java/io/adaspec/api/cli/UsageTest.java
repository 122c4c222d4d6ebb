package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(strings = {"serve", "generate", "bench", "tokenize", "inspect"})
  void everyCommandExplainsItself(String command) {
    CommandRun help = CommandRun.of(command, "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).startsWith("Usage: adaspec " + command).contains("--model", "--json");
    assertThat(CommandRun.of(command, "--version").out()).startsWith("adaspec ");
  }

  @Test
  void theHelpNamesEveryPolicyThatTheRefusalNames() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    String refusal =
        CommandRun.of("generate", "--model", model, "--prompt", "a", "--policy", "clever").err();
    String names = refusal.lines().findFirst().orElseThrow().replaceAll(".*use one of ", "");
    assertThat(names).contains("adaspec-literal").doesNotContain("unknown");
    assertThat(CommandRun.of("serve", "--help").out().replaceAll("\\s+", " ")).contains(names);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate --prompt a --max-tokens 2",
        "bench --batch 1 --prompt-tokens 4 --output-tokens 4 --repetitions 1",
        "tokenize --text a",
        "inspect"
      })
  void everyCommandTakesAndChecksTheCommonOptions(String command) throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    List<String> common =
        List.of("--model", model, "--draft", model, "--device", "cpu", "--threads", "1", "--json");
    CommandRun run = run(command, common, "--policy", "fixed:2");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().isObject()).isTrue();
    for (String wrong :
        List.of("--policy=clever", "--device=abacus", "--threads=-1", "--device=cpu")) {
      CommandRun refused = run(command, common, wrong);
      assertThat(refused.exitCode()).as(command + " " + wrong).isEqualTo(Main.USAGE);
    }
  }

  private static CommandRun run(String command, List<String> common, String... more) {
    return CommandRun.of(
        Stream.of(List.of(command.split(" ", -1)), common, List.of(more))
            .flatMap(List::stream)
            .toArray(String[]::new));
  }

  @Test
  void theHelpListsEveryCommand() {
    CommandRun help = CommandRun.of("--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out())
        .contains("serve", "generate", "bench", "roofline", "tokenize", "inspect");
  }

  @Test
  void wrongUsageIsToldInOneLineWithExitCodeTwo() {
    for (String[] args :
        new String[][] {
          {},
          {"nonsense"},
          {"tokenize"},
          {"inspect", "--nonsense"},
          {"roofline", "--shape", "llama-4"},
          {"roofline", "--format", "f32"},
          {"roofline", "--context", "5000"}
        }) {
      CommandRun run = CommandRun.of(args);
      assertThat(run.exitCode()).isEqualTo(Main.USAGE);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).startsWith("adaspec: ").contains("--help").doesNotContain("\tat ");
    }
  }

  @Test
  void aFailureIsOneLineOfReasonWithExitCodeOne() {
    CommandRun run = CommandRun.of("inspect", "--model", folder.resolve("absent.gguf").toString());
    assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("adaspec: --model: there is no file or folder");
  }

  @Test
  void verboseShowsWhereItFailed() {
    CommandRun run = CommandRun.of("inspect", "--verbose", "--model", "absent.gguf");
    assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(run.err()).contains("\tat io.adaspec.");
  }

  @Test
  void withoutAModelItSaysHowToGiveOne() {
    CommandRun run = CommandRun.of("inspect");
    assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("--model PATH");
  }
}
