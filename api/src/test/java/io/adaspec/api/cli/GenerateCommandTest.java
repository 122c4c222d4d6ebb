package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {
  @TempDir private Path folder = Path.of("");
  private String model = "";

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModels.writeLlama(folder).toString();
  }

  @Test
  void printsOneObjectWithTheDocumentedFields() {
    JsonNode answer = generate("--max-tokens", "7", "--ignore-eos", "--json").json();
    assertThat(answer.fieldNames())
        .toIterable()
        .containsExactly(
            "text",
            "token_ids",
            "prompt_tokens",
            "completion_tokens",
            "finish_reason",
            "ttft_ms",
            "tpot_ms",
            "tokens_per_second",
            "draft_tokens",
            "accepted_tokens",
            "steps");
    assertThat(answer.get("token_ids")).hasSize(7);
    assertThat(answer.get("completion_tokens").asInt()).isEqualTo(7);
    assertThat(answer.get("prompt_tokens").asInt()).isPositive();
    assertThat(answer.get("finish_reason").asText()).isEqualTo("length");
    assertThat(answer.get("ttft_ms").asDouble()).isPositive();
    assertThat(answer.get("tpot_ms").asDouble()).isPositive();
    assertThat(answer.get("tokens_per_second").asDouble()).isPositive();
    assertThat(answer.get("draft_tokens").asInt()).isZero();
    assertThat(answer.get("steps").asInt()).isEqualTo(7);
  }

  @Test
  void withoutJsonItPrintsTheTextAlone() {
    String text = generate("--max-tokens", "7", "--json").json().get("text").asText();
    CommandRun run = generate("--max-tokens", "7");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualTo(text + System.lineSeparator());
    assertThat(run.err()).isEmpty();
  }

  @Test
  void withoutJsonTheTextStreams() {
    List<String> pieces = new CopyOnWriteArrayList<>();
    StringWriter out =
        new StringWriter() {
          private int flushed;

          @Override
          public void flush() {
            pieces.add(toString().substring(flushed));
            flushed = getBuffer().length();
          }
        };
    String[] slow = {"--device", "sim:tiny,realtime,slowdown=50", "--max-tokens", "8"};
    CommandRun run =
        CommandRun.writingTo(
            out,
            "generate",
            "--model",
            model,
            "--prompt",
            "abc",
            slow[0],
            slow[1],
            slow[2],
            slow[3]);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(pieces.stream().filter(piece -> !piece.isBlank()).count())
        .as("pieces of %s", pieces)
        .isGreaterThan(3);
    assertThat(String.join("", pieces)).isEqualTo(run.out());
  }

  @Test
  void aPersonAtATerminalSeesHowFarALongAnswerIs() {
    String[] command = {
      "generate",
      "--model",
      model,
      "--prompt",
      "abc",
      "--max-tokens",
      "60",
      "--ignore-eos",
      "--json"
    };
    String[] device = {"--device", "sim:tiny,realtime,slowdown=50"};
    String[] both = Stream.of(command, device).flatMap(Stream::of).toArray(String[]::new);
    CommandRun watched = CommandRun.watched(both);
    assertThat(watched.err()).containsPattern("\\rgenerating, [0-9]+ tokens \\(2 s\\)");
    assertThat(watched.json().get("completion_tokens").asInt()).isEqualTo(60);
    assertThat(CommandRun.of(both).err()).isEmpty();
  }

  @Test
  void rejectionSamplingIsRefusedWhereItWouldBeBiased() {
    CommandRun biased = generate("--verifier", "rejection", "--policy", "threshold:0.4");
    assertThat(biased.exitCode()).isEqualTo(Main.USAGE);
    assertThat(biased.err()).contains("--policy threshold:0.4", "biased", "--verifier coupled");
    CommandRun unbiased =
        generate("--verifier", "rejection", "--policy", "fixed:3", "--temperature", "0.8");
    assertThat(unbiased.exitCode()).as(unbiased.err()).isZero();
    assertThat(generate("--verifier", "hopeful").exitCode()).isEqualTo(Main.USAGE);
  }

  @Test
  void takesPenaltiesWithinTheirRange() {
    CommandRun penalised =
        generate("--repetition-penalty", "1.2", "--frequency-penalty", "-2", "--temperature", "1");
    assertThat(penalised.exitCode()).as(penalised.err()).isZero();
    CommandRun beyond = generate("--presence-penalty", "2.5");
    assertThat(beyond.exitCode()).isEqualTo(Main.USAGE);
    assertThat(beyond.err()).contains("presence_penalty must be -2.0 to 2.0, not 2.5");
  }

  @Test
  void aLongFixedDraftIsNotCutShort() throws IOException {
    String draft = Files.copy(Path.of(model), folder.resolve("draft.gguf")).toString();
    JsonNode eight = generate(List.of("--draft", draft), "--policy", "fixed:8").json();
    JsonNode twelve = generate(List.of("--draft", draft), "--policy", "fixed:12").json();
    assertThat(twelve.get("steps").asInt()).isLessThan(eight.get("steps").asInt());
    assertThat(twelve.get("token_ids")).isEqualTo(eight.get("token_ids"));

    Path file = Files.writeString(folder.resolve("cap.conf"), "adaspec.policy.draft-cap = 8");
    CommandRun capped = generate("--config", file.toString(), "--policy", "fixed:12");
    assertThat(capped.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(capped.err()).contains("fixed:12", "adaspec.policy.draft-cap = 8", "raise it");
  }

  @Test
  void speculationChangesNoText() throws IOException {
    String draft = Files.copy(Path.of(model), folder.resolve("draft.gguf")).toString();
    for (List<String> sampling :
        List.of(List.of("--temperature", "0"), List.of("--temperature", "0.8", "--seed", "5"))) {
      JsonNode plain = generate(sampling, "--policy", "off").json();
      JsonNode speculated = generate(sampling, "--draft", draft, "--policy", "fixed:3").json();
      assertThat(speculated.get("token_ids")).isEqualTo(plain.get("token_ids"));
      assertThat(speculated.get("text")).isEqualTo(plain.get("text"));
      assertThat(speculated.get("accepted_tokens").asInt()).isPositive();
      assertThat(speculated.get("steps").asInt()).isLessThan(plain.get("steps").asInt());
    }
  }

  @Test
  void withoutADraftModelDraftsComeFromTheText() {
    List<String> prompt = List.of("--prompt", "abcabcabcabcabc");
    JsonNode plain = generate(prompt, "--policy", "off").json();
    JsonNode looked = generate(prompt, "--policy", "fixed:3").json();
    assertThat(looked.get("draft_tokens").asInt()).isPositive();
    assertThat(looked.get("token_ids")).isEqualTo(plain.get("token_ids"));
  }

  @Test
  void differentSeedsGiveDifferentTexts() {
    JsonNode one = generate("--temperature", "1.5", "--seed", "1", "--json").json();
    JsonNode two = generate("--temperature", "1.5", "--seed", "2", "--json").json();
    assertThat(one.get("token_ids")).isNotEqualTo(two.get("token_ids"));
  }

  @Test
  void endsAtTheContextAndAtAStopText() {
    JsonNode whole = generate("--max-tokens", "100000", "--ignore-eos", "--json").json();
    int tokens = whole.get("prompt_tokens").asInt() + whole.get("completion_tokens").asInt();
    assertThat(tokens).isEqualTo(128);

    String text = whole.get("text").asText();
    String stop = text.substring(10, 14);
    JsonNode stopped =
        generate("--max-tokens", "100", "--ignore-eos", "--json", "--stop", stop).json();
    assertThat(stopped.get("finish_reason").asText()).isEqualTo("stop");
    assertThat(stopped.get("text").asText()).isEqualTo(text.substring(0, text.indexOf(stop)));
  }

  @Test
  void wrongValuesAreUsageErrors() {
    for (String[] wrong :
        new String[][] {
          {"--temperature", "-1"}, {"--max-tokens", "0"}, {"--top-p", "0"}, {"--seed", "x"}
        }) {
      CommandRun run = generate(wrong);
      assertThat(run.exitCode()).as(String.join(" ", wrong)).isEqualTo(Main.USAGE);
      assertThat(run.err()).startsWith("adaspec: ").contains("generate --help");
    }
    CommandRun noPrompt = CommandRun.of("generate", "--model", model);
    assertThat(noPrompt.exitCode()).isEqualTo(Main.USAGE);
    assertThat(noPrompt.err()).contains("--prompt");
  }

  @Test
  void saysInOneLineWhatItCannotDo() {
    CommandRun tooLong = generate("--prompt", "abc ".repeat(500), "--json");
    assertThat(tooLong.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(tooLong.err().lines()).hasSize(1);
    assertThat(tooLong.err()).startsWith("adaspec: ").contains("128");

    CommandRun noTemplate = generate("--chat");
    assertThat(noTemplate.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(noTemplate.err().lines()).hasSize(1);
    assertThat(noTemplate.err()).contains("has no chat template");
  }

  private CommandRun generate(String... options) {
    return generate(Stream.of(options).toList());
  }

  private CommandRun generate(List<String> options, String... more) {
    boolean ownPrompt = options.contains("--prompt");
    return CommandRun.of(
        Stream.of(
                List.of("generate", "--model", model, "--threads", "1"),
                ownPrompt ? List.<String>of() : List.of("--prompt", "abc"),
                options,
                more.length == 0
                    ? List.<String>of()
                    : List.of("--json", "--ignore-eos", "--max-tokens", "40"),
                List.of(more))
            .flatMap(List::stream)
            .toArray(String[]::new));
  }
}
