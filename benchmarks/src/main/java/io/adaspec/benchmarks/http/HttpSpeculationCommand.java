package io.adaspec.benchmarks.http;

import io.adaspec.benchmarks.http.CompletionClient.Streamed;
import io.adaspec.benchmarks.statistics.Interval;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code http-speculation}: a server per policy, plain decoding first, and one client that streams
 * the same prompts from each, block by block in alternating order (A/B/B/A). Speeds count from the
 * first token on; ratios to plain decoding are paired by block. Texts must be equal.
 */
@Command(
    name = "http-speculation",
    mixinStandardHelpOptions = true,
    description = "Measure what speculation gains for one stream of the HTTP server.")
public final class HttpSpeculationCommand implements Callable<Integer> {
  private static final int PROMPT_WORDS = 32;
  private static final int LETTERS = 3;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", description = "The target. Default: the pair that comes with AdaSpec.")
  private Optional<Path> model = Optional.empty();

  @Option(names = "--draft", description = "Its draft.")
  private Optional<Path> draft = Optional.empty();

  @Option(
      names = "--policies",
      split = ",",
      defaultValue = "fixed:3,slo",
      description = "Compared with plain decoding. Default: ${DEFAULT-VALUE}.")
  private List<String> policies = List.of();

  @Option(
      names = "--prompts",
      description = "A text file, a prompt per line. Default: random words, new ones per block.")
  private Optional<Path> prompts = Optional.empty();

  @Option(names = "--blocks", defaultValue = "10", description = "Default: ${DEFAULT-VALUE}.")
  private int blocks;

  @Option(
      names = "--warm-up",
      defaultValue = "2",
      description = "Blocks before them that do not count. Default: ${DEFAULT-VALUE}.")
  private int warmUp;

  @Option(
      names = "--output-tokens",
      defaultValue = "128",
      description = "Of an answer. Default: ${DEFAULT-VALUE}.")
  private int outputTokens;

  @Option(
      names = "--answers",
      defaultValue = "1",
      description = "Answers in a block, one after the other. Default: ${DEFAULT-VALUE}.")
  private int answers;

  @Option(names = "--temperature", defaultValue = "0", description = "0, the default, is greedy.")
  private double temperature;

  @Option(names = "--threads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--launcher",
      defaultValue = "./adaspec",
      description = "What starts AdaSpec. Default: ${DEFAULT-VALUE}.")
  private String launcher = "";

  public HttpSpeculationCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    requireAtLeast("--blocks", blocks, 2);
    requireAtLeast("--output-tokens", outputTokens, 2);
    requireAtLeast("--answers", answers, 1);
    requireAtLeast("--warm-up", warmUp, 0);
    List<String> all = new ArrayList<>(List.of("off"));
    all.addAll(policies);
    List<ServerProcess> servers = new ArrayList<>();
    try {
      for (String policy : all) {
        servers.add(ServerProcess.start(launcher, options(policy)));
      }
      report(all, measure(servers.stream().map(ServerProcess::client).toList(), texts()));
    } finally {
      servers.forEach(ServerProcess::close);
    }
    return 0;
  }

  private void requireAtLeast(String option, int value, int least) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), option + " must be at least " + least + ", not " + value);
    }
  }

  private List<String> options(String policy) {
    List<String> options =
        new ArrayList<>(List.of("--policy", policy, "--threads", String.valueOf(threads)));
    model.ifPresent(path -> options.addAll(List.of("--model", path.toString())));
    draft.ifPresent(path -> options.addAll(List.of("--draft", path.toString())));
    return options;
  }

  private List<String> texts() throws IOException {
    if (prompts.isPresent()) {
      return Files.readAllLines(prompts.get());
    }
    SplittableRandom random = new SplittableRandom(1);
    return IntStream.range(0, (warmUp + blocks) * answers).mapToObj(i -> words(random)).toList();
  }

  /** A text that no model knows and that does not repeat itself. */
  static String words(SplittableRandom random) {
    return IntStream.range(0, PROMPT_WORDS)
        .mapToObj(
            word ->
                random
                    .ints(1 + random.nextInt(LETTERS), 'a', 'z' + 1)
                    .mapToObj(Character::toString)
                    .collect(Collectors.joining()))
        .collect(Collectors.joining(" "));
  }

  /** [policies][blocks][answers], after those that do not count. */
  private Streamed[][][] measure(List<CompletionClient> clients, List<String> texts)
      throws IOException, InterruptedException {
    Streamed[][][] measured = new Streamed[clients.size()][blocks][];
    for (int block = -warmUp; block < blocks; block++) {
      for (int turn = 0; turn < clients.size(); turn++) {
        int which = block % 2 == 0 ? turn : clients.size() - 1 - turn;
        Streamed[] streamed = block(clients.get(which), texts, warmUp + block);
        if (block >= 0) {
          measured[which][block] = streamed;
        }
      }
    }
    return measured;
  }

  private Streamed[] block(CompletionClient client, List<String> texts, int number)
      throws IOException, InterruptedException {
    Streamed[] streamed = new Streamed[answers];
    for (int i = 0; i < answers; i++) {
      int index = number * answers + i;
      streamed[i] =
          client.stream(texts.get(index % texts.size()), outputTokens, temperature, index);
    }
    return streamed;
  }

  private void report(List<String> all, Streamed[][][] measured) {
    PrintWriter out = spec.commandLine().getOut();
    double[] plain = speeds(measured[0]);
    for (int policy = 0; policy < measured.length; policy++) {
      requireSameTexts(all.get(policy), measured[policy], measured[0]);
      double[] speeds = speeds(measured[policy]);
      Interval ratio = Interval.ofRatios(speeds, plain);
      double[] sorted = speeds.clone();
      Arrays.sort(sorted);
      int drafted = 0;
      int accepted = 0;
      for (Streamed[] block : measured[policy]) {
        for (Streamed answer : block) {
          drafted += answer.draftTokens();
          accepted += answer.acceptedTokens();
        }
      }
      out.printf(
          Locale.ROOT,
          "%-16s %8.1f tokens/s (%.1f .. %.1f)  accepted %d of %d  ratio %.3f [%.3f, %.3f]%n",
          all.get(policy),
          sorted[blocks / 2],
          sorted[0],
          sorted[blocks - 1],
          accepted,
          drafted,
          ratio.value(),
          ratio.low(),
          ratio.high());
    }
    out.flush();
  }

  private static void requireSameTexts(String policy, Streamed[][] streamed, Streamed[][] plain) {
    for (int block = 0; block < plain.length; block++) {
      for (int i = 0; i < plain[block].length; i++) {
        if (!streamed[block][i].text().equals(plain[block][i].text())) {
          throw new IllegalStateException(
              policy + " wrote another text than plain decoding in block " + block);
        }
      }
    }
  }

  /** [blocks] tokens per second over all answers of a block. */
  static double[] speeds(Streamed[][] blocks) {
    double[] speeds = new double[blocks.length];
    for (int block = 0; block < blocks.length; block++) {
      long tokens = 0;
      long nanos = 0;
      for (Streamed answer : blocks[block]) {
        tokens += answer.tokens() - 1;
        nanos += answer.nanos();
      }
      speeds[block] = tokens * 1e9 / nanos;
    }
    return speeds;
  }
}
