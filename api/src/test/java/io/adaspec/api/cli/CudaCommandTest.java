package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.gpu.EmulatedCublasLt;
import io.adaspec.gpu.EmulatedDriver;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line on emulated GPUs. */
class CudaCommandTest {
  private static final String STORYTELLER = "models/storyteller/storyteller-target-q8_0.gguf";

  @TempDir private Path folder = Path.of("");
  private String model = "";
  private final EmulatedDriver driver = EmulatedDriver.load();
  private final EmulatedCublasLt library = EmulatedCublasLt.load();

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
  void aModelWithHeadNormsWritesOneTextOnEveryDevice() throws IOException {
    model = TinyModels.writeQwen3(folder).toString();
    String draft = Files.copy(Path.of(model), folder.resolve("draft.gguf")).toString();
    JsonNode cpu = generate("--device", "cpu").json();
    JsonNode gpu = generate("--device", "cuda:0", "--policy", "off").json();
    JsonNode speculated =
        generate("--device", "cuda:0", "--draft", draft, "--policy", "fixed:3").json();
    assertThat(cpu.get("token_ids")).isNotEmpty();
    assertThat(gpu.get("token_ids")).isEqualTo(cpu.get("token_ids"));
    assertThat(speculated.get("token_ids")).isEqualTo(cpu.get("token_ids"));
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

  @Test
  void fastPrefillIsReportedAsNotBitExact() throws IOException {
    String bundled = SharedAssets.bundled(STORYTELLER).toString();
    String config = fastPrefill("min-rows = 3");
    String[] args = {
      "inspect", "--model", bundled, "--device", "cuda:0", "--config", config, "--json"
    };
    JsonNode exact = CommandRun.of(args).json().at("/devices/cuda:0");
    assertThat(exact.get("bit_exact").asBoolean()).isTrue();
    JsonNode fast = CommandRun.of(with(args, "--fast-prefill")).json().at("/devices/cuda:0");
    assertThat(fast.get("bit_exact").asBoolean()).isFalse();
    assertThat(fast.get("description").asText())
        .contains("prefill from 3 rows on by cuBLASLt", "not bit-exact");
  }

  @Test
  void fastPrefillIsTheLibrarysOnceItIsAskedFor() throws IOException {
    long before = library.products();
    JsonNode exact = story(fastPrefill("min-rows = 3"));
    assertThat(library.products()).isEqualTo(before);
    JsonNode fast = story(fastPrefill("min-rows = 3, enabled = on"));
    assertThat(library.products()).isGreaterThan(before);
    assertThat(fast.get("token_ids")).isEqualTo(exact.get("token_ids"));
  }

  private static JsonNode story(String config) {
    return CommandRun.of(
            "generate",
            "--model",
            SharedAssets.bundled(STORYTELLER).toString(),
            "--prompt",
            "Once upon a time",
            "--max-tokens",
            "2",
            "--temperature",
            "0",
            "--device",
            "cuda:0",
            "--draft",
            "none",
            "--config",
            config,
            "--json")
        .json();
  }

  @Test
  void fastPrefillNeedsAGpu() {
    CommandRun run = generate("--device", "cpu", "--fast-prefill");
    assertThat(run.exitCode()).isEqualTo(Main.USAGE);
    assertThat(run.err()).contains("--fast-prefill is for GPUs", "--device cuda:N");
  }

  @Test
  void fastPrefillFromNoRowsIsRefusedByName() throws IOException {
    CommandRun run = generate("--device", "cuda:0", "--config", fastPrefill("min-rows = 0"));
    assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(run.err()).contains("adaspec.devices.fast-prefill.min-rows must be positive, not 0");
  }

  private String fastPrefill(String settings) throws IOException {
    String text =
        "adaspec.devices.fast-prefill { library = \"%s\", %s }".formatted(library.file(), settings);
    return Files.writeString(Files.createTempFile(folder, "fast", ".conf"), text).toString();
  }

  private static String[] with(String[] args, String more) {
    return Stream.concat(Stream.of(args), Stream.of(more)).toArray(String[]::new);
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
