package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.gpu.EmulatedDriver;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line on emulated GPUs. */
class CudaCommandTest {
  @TempDir private Path folder = Path.of("");
  private String model = "";
  private final EmulatedDriver driver = EmulatedDriver.load();

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModels.writeLlama(folder).toString();
  }

  @AfterEach
  void heal() {
    driver.reset();
  }

  @Test
  void textOnAGpuIsThatOnTheProcessor() {
    JsonNode cpu = generate("--device", "cpu").json();
    long before = driver.graphLaunches();
    JsonNode gpu = generate("--device", "cuda:0").json();
    assertThat(gpu.get("token_ids")).isEqualTo(cpu.get("token_ids"));
    assertThat(gpu.get("text")).isEqualTo(cpu.get("text"));
    assertThat(driver.graphLaunches()).isGreaterThan(before);
  }

  @Test
  void speculationOnAGpuChangesNoText() throws IOException {
    String draft = Files.copy(Path.of(model), folder.resolve("draft.gguf")).toString();
    JsonNode plain = generate("--device", "cuda:0", "--policy", "off").json();
    CommandRun run = generate("--device", "cuda:0", "--draft", draft, "--policy", "fixed:3");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode speculated = run.json();
    assertThat(speculated.get("token_ids")).isEqualTo(plain.get("token_ids"));
    assertThat(speculated.get("accepted_tokens").asInt()).isPositive();
  }

  @Test
  void allGpusOfTheMachineAreUsed() {
    driver.setDevices(2);
    JsonNode one = generate("--device", "cuda:1").json();
    JsonNode all = generate("--device", "cuda:all").json();
    assertThat(all.get("token_ids")).isEqualTo(one.get("token_ids"));
  }

  @Test
  void rooflineMeasuresMadeUpModelsBesideTheDevicesPeaks() {
    CommandRun run =
        CommandRun.of(
            "roofline",
            "--shape",
            "tiny",
            "--format",
            "bf16,q4_0",
            "--sequences",
            "1,3",
            "--prefill",
            "20",
            "--cycles",
            "2",
            "--context",
            "6",
            "--repetitions",
            "5",
            "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode report = run.json();
    assertThat(report.get("copy_bytes_per_second").asLong()).isPositive();
    assertThat(report.get("matrix_flops_per_second").asLong()).isPositive();
    assertThat(report.get("results")).hasSize(8);
    assertThat(report.get("results"))
        .allSatisfy(
            result -> {
              assertThat(result.get("median_ms").asDouble()).isPositive();
              assertThat(result.get("share_of_copy").asDouble()).isPositive();
            })
        .filteredOn(result -> result.get("step").asText().equals("cycle"))
        .hasSize(2)
        .allSatisfy(
            cycle -> assertThat(cycle.get("acceptance_rate").asDouble()).isBetween(0.45, 0.75));
  }

  @Test
  void rooflineSaysWhichModelsDoNotFit() {
    driver.setMemory(5L << 20);
    CommandRun run = CommandRun.of("roofline", "--shape", "tiny", "--format", "q4_0");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("not measured", "model tiny needs");
  }

  @Test
  void withoutAGpuItSaysWhyAndWhatToDo() {
    driver.setDevices(0);
    for (String device : List.of("cuda:0", "cuda:all")) {
      CommandRun run = generate("--device", device);
      assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
      assertThat(run.err()).contains(device, "CUDA_ERROR_NO_DEVICE", "nvidia-smi");
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void withTooLittleMemoryItNamesTheSizes() {
    driver.setMemory(100 << 10);
    CommandRun run = generate("--device", "cuda:0");
    assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(run.err()).contains("cuda:0 has 1 MiB free", "work memory");
  }

  private CommandRun generate(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "generate",
                "--model",
                model,
                "--prompt",
                "abc",
                "--max-tokens",
                "12",
                "--temperature",
                "0",
                "--ignore-eos",
                "--json"));
    args.addAll(List.of(more));
    return CommandRun.of(args.toArray(String[]::new));
  }
}
