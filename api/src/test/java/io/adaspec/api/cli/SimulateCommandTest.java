package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulateCommandTest {
  private static final String SCENARIO =
      """
      {
        "description": "a little traffic",
        "device": "sim:tiny",
        "seconds": 2,
        "traffic": [
          {
            "class": "interactive",
            "arrivals": {"phases": [{"load": 0.3}]},
            "lengths": [{"prompt": 40, "output": 30}],
            "slo": {"ttft_scale": 10, "tpot_scale": 2}
          }
        ]
      }
      """;

  @TempDir Path folder;

  @Test
  void comparesPoliciesOverTheSameTraffic() throws IOException {
    CommandRun run =
        CommandRun.of("simulate", "--scenario", file(SCENARIO), "--policy", "off,slo", "--json");

    assertThat(run.exitCode()).isZero();
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertThat(report.path("scenario").asText()).isEqualTo("little");
    JsonNode off = report.path("policies").path(0);
    JsonNode slo = report.path("policies").path(1);
    assertThat(off.path("policy").asText()).isEqualTo("off");
    assertThat(slo.path("requests").asInt()).isPositive().isEqualTo(off.path("requests").asInt());
    assertThat(slo.path("e2e_ms").path("mean").asDouble())
        .isLessThan(off.path("e2e_ms").path("mean").asDouble());
    assertThat(off.path("steps").path("draft_tokens").asInt()).isZero();
    assertThat(slo.path("classes").path("interactive").path("slo_attainment").asDouble())
        .isBetween(0.0, 1.0);
  }

  @Test
  void printsATableForPeople() throws IOException {
    CommandRun run = CommandRun.of("simulate", "--scenario", file(SCENARIO), "--policy", "off");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("a little traffic").contains("SLO met").contains("off");
  }

  @Test
  void saysWhetherATraceWasRecorded() throws IOException {
    String replayed = SCENARIO.replace("{\"phases\": [{\"load\": 0.3}]}", "{\"trace\": \"conv\"}");
    String empty = Files.createDirectory(folder.resolve("traces")).toString();
    CommandRun run =
        CommandRun.of(
            "simulate", "--scenario", file(replayed), "--traces", empty, "--policy", "off");

    assertThat(run.out()).contains("seed 1, trace conv generated");
  }

  @Test
  void whatIsWrongInAScenarioIsSaidInOneLine() throws IOException {
    CommandRun run = CommandRun.of("simulate", "--scenario", file("{\"devises\": 2}"));

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("little has an unknown key 'devises'; known: ", "devices");
  }

  @Test
  void anUnknownPolicyIsNamedWithTheKnownOnes() throws IOException {
    CommandRun run = CommandRun.of("simulate", "--scenario", file(SCENARIO), "--policy", "magic");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("unknown strategy 'magic'").contains("fixed:K");
  }

  @Test
  void aFolderOfTracesThatIsNotThereIsRefused() throws IOException {
    String folderName = folder.resolve("trases").toString();
    CommandRun run =
        CommandRun.of("simulate", "--scenario", file(SCENARIO), "--traces", folderName);

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("--traces: there is no file or folder " + folderName);
  }

  private String file(String json) throws IOException {
    return Files.writeString(folder.resolve("little.json"), json).toString();
  }
}
