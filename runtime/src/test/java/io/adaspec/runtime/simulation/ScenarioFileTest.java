package io.adaspec.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.request.ServiceClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScenarioFileTest {
  private static final Path SCENARIOS =
      Path.of(System.getProperty("adaspec.root", ".."), "config", "scenarios");

  @Test
  void everyScenarioThatComesWithAdaSpecCanBeRead() throws IOException {
    try (Stream<Path> files = Files.list(SCENARIOS)) {
      List<Path> scenarios = files.filter(f -> f.toString().endsWith(".json")).toList();

      assertThat(scenarios).hasSizeGreaterThanOrEqualTo(9);
      for (Path file : scenarios) {
        Scenario scenario = ScenarioFile.read(file, Optional.empty());
        assertThat(scenario.description()).isNotEmpty();
        assertThat(scenario.requests()).hasSizeGreaterThan(100);
      }
    }
  }

  @Test
  void whatIsLeftOutHasADefault() throws IOException {
    Scenario scenario = parse("{'traffic': [{'arrivals': {'phases': [{'rate': 2}]}}]}");

    assertThat(scenario.devices()).isEqualTo(1);
    assertThat(scenario.seconds()).isEqualTo(3600);
    assertThat(scenario.limits().maxSequences()).isEqualTo(256);
    assertThat(scenario.traffic().getFirst().serviceClass()).isEqualTo(ServiceClass.STANDARD);
    assertThat(scenario.traffic().getFirst().lengths()).isEqualTo(Lengths.SPEC_BENCH);
  }

  @Test
  void anUnknownKeyIsNamedWithItsPathAndTheKnownOnes() {
    assertThatThrownBy(() -> parse("{'traffic': [{'arivals': {}, 'arrivals': {'trace': 'conv'}}]}"))
        .hasMessageContaining("test.traffic[0] has an unknown key 'arivals'")
        .hasMessageContaining("arrivals");
  }

  @Test
  void wrongValuesAreNamed() {
    assertThatThrownBy(() -> parse("{'seconds': 'long'}"))
        .hasMessageContaining("test.seconds must be a number");
    assertThatThrownBy(() -> parse("{'traffic': 3}"))
        .hasMessageContaining("test.traffic must be a list");
    assertThatThrownBy(() -> parse("{'traffic': []}")).hasMessageContaining("0 streams");
    assertThatThrownBy(() -> parse("{")).hasMessageContaining("is no JSON");
    assertThatThrownBy(
            () -> parse("{'traffic': [{'class': 'vip', 'arrivals': {'trace': 'conv'}}]}"))
        .hasMessageContaining("no class 'vip'; use interactive, standard or batch");
    assertThatThrownBy(() -> parse("{'traffic': [{'arrivals': {'trace': 'nowhere'}}]}"))
        .hasMessageContaining("unknown trace 'nowhere'; use conv, mooncake or code");
  }

  private static Scenario parse(String json) throws IOException {
    return ScenarioFile.parse("test", json.replace('\'', '"'), Optional.empty());
  }
}
