package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.speculation.Strategies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The README says what the sources are. */
class ReadmeTest {
  private static final Path ROOT = Path.of(System.getProperty("adaspec.root"));
  private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND = Pattern.compile("(?m)^    \\./adaspec ([a-z]+)(.*)$");
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]+");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)\\)");
  private static final Pattern MESSAGE = Pattern.compile("\\{\"type\":\"response.create\"[^}]*}");

  private final String readme = read(ROOT.resolve("README.md"));

  @Test
  void javaInItIsTextOfACompiledExample() throws IOException {
    Path examples = ROOT.resolve("actors/src/test/java/io/adaspec/examples");
    List<String> sources;
    try (Stream<Path> files = Files.list(examples)) {
      sources = files.map(file -> withoutIndent(read(file))).toList();
    }
    List<String> pieces =
        JAVA.matcher(readme)
            .results()
            .flatMap(block -> Arrays.stream(block.group(1).split("\\n\\s*\\n", -1)))
            .toList();
    assertThat(pieces).isNotEmpty();
    assertThat(pieces)
        .allSatisfy(
            piece ->
                assertThat(sources)
                    .as(piece)
                    .anyMatch(source -> source.contains(withoutIndent(piece))));
  }

  @Test
  void commandsAndTheirOptionsExist() {
    Map<String, Set<String>> commands =
        Main.commandLine(false).getSubcommands().values().stream()
            .map(CommandLine::getCommandSpec)
            .collect(Collectors.toMap(spec -> spec.name(), spec -> spec.optionsMap().keySet()));
    List<MatchResult> lines = COMMAND.matcher(readme).results().toList();
    assertThat(lines).hasSizeGreaterThan(5);
    for (MatchResult line : lines) {
      if (line.group(1).equals("bundle")) {
        continue; // a shell script
      }
      assertThat(commands).as(line.group()).containsKey(line.group(1));
      Set<String> options = commands.getOrDefault(line.group(1), Set.of());
      assertThat(OPTION.matcher(line.group(2)).results().map(MatchResult::group))
          .as(line.group())
          .allMatch(options::contains);
    }
  }

  @Test
  void everyCommandAndPolicyIsInIt() {
    assertThat(Main.commandLine(false).getSubcommands().keySet())
        .allSatisfy(name -> assertThat(readme).contains("./adaspec " + name));
    assertThat(Strategies.FORMS).allSatisfy(form -> assertThat(readme).contains(form));
  }

  @Test
  void theWebSocketMessageIsWhatTheClientSends() {
    String client = withoutIndent(read(ROOT.resolve(".ci/WebSocketAnswer.java")));
    List<String> messages =
        MESSAGE.matcher(readme).results().map(match -> withoutIndent(match.group())).toList();
    assertThat(messages).hasSize(1);
    assertThat(client).contains(messages);
  }

  @Test
  void linksLeadToFiles() {
    List<String> links =
        LINK.matcher(readme).results().map(match -> match.group(1)).collect(Collectors.toList());
    links.removeIf(link -> link.contains("://"));
    assertThat(links).isNotEmpty().allMatch(link -> Files.exists(ROOT.resolve(link)));
  }

  private static String withoutIndent(String text) {
    return text.lines().map(String::strip).collect(Collectors.joining("\n")).strip();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
