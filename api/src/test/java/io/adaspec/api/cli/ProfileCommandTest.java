package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileCommandTest {
  private static final String HOME = "user.home";

  @TempDir Path home;
  private String before = "";
  private String model = "";

  @BeforeEach
  void useAnotherHome() throws IOException {
    model = TinyModels.writeLlama(home).toString();
    before = System.setProperty(HOME, home.toString());
  }

  @AfterEach
  void comeHome() {
    System.setProperty(HOME, before);
  }

  private CommandRun profile(String... options) {
    return CommandRun.of(
        Stream.concat(
                Stream.of("profile", "--model", model, "--device", "sim:tiny"), Stream.of(options))
            .toArray(String[]::new));
  }

  @Test
  void printsWhatPassesTakeByRowsAndContextAndPlotsIt() throws IOException {
    Path plot = home.resolve("profile.svg");

    CommandRun run = profile("--refresh", "--svg", plot.toString());

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("decode, ms")
        .containsPattern("rows +context \\d+")
        .containsPattern("(?m)^ +1 +\\d+\\.\\d{3}")
        .contains("outside passes: ");
    assertThat(Files.readString(plot)).startsWith("<svg").contains("</svg>");
  }

  @Test
  void givesTheStoredProfileAgain() {
    CommandRun first = profile("--refresh", "--json");
    CommandRun second = profile("--json");

    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(first.json()).hasSize(1);
    assertThat(first.json().toString()).contains("DECODE");
    assertThat(second.json()).isEqualTo(first.json());
  }
}
