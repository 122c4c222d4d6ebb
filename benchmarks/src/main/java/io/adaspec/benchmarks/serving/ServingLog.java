package io.adaspec.benchmarks.serving;

import io.adaspec.runtime.request.ServiceClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Finished blocks in a file, a line each, written at once when the block is over; a measurement
 * that was interrupted goes on behind the last of them. The lines before the heading hold what all
 * of them share: the settings and the baseline.
 *
 * <p>A request is {@code class:tokens:ttft:e2e}, the class by its place in the settings, times in
 * milliseconds.
 */
final class ServingLog {
  private static final String SETTINGS = "# settings: ";
  private static final String BASELINE =
      "# requests/s, TTFT ms, TPOT ms and piece s of plain decoding: ";
  private static final String HEADING =
      "load,block,policy,speed,seconds,step seconds,gained seconds,requests";

  private final Path file;
  private final String identity;
  private final List<TargetRule> rules;
  private final List<Block> blocks = new ArrayList<>();
  private Optional<Baseline> baseline = Optional.empty();

  private ServingLog(Path file, String identity, List<TargetRule> rules) {
    this.file = file;
    this.identity = identity;
    this.rules = rules;
  }

  /**
   * Opens a file, or begins one.
   *
   * @param identity settings that all blocks share
   * @throws IllegalArgumentException if the file holds blocks of other settings
   */
  static ServingLog open(Path file, String identity, List<TargetRule> rules) throws IOException {
    ServingLog log = new ServingLog(file, identity, rules);
    if (Files.exists(file)) {
      log.read(Files.readString(file));
    }
    return log;
  }

  private void read(String text) throws IOException {
    int end = text.lastIndexOf('\n') + 1; // what follows was cut off in the middle
    List<String> lines = text.substring(0, end).lines().toList();
    if (lines.size() < 3) {
      return;
    }
    if (!lines.get(0).equals(SETTINGS + identity) || !lines.get(2).equals(HEADING)) {
      throw new IllegalArgumentException(
          file
              + " holds blocks of other settings or columns ("
              + lines.get(0)
              + "; "
              + lines.get(2)
              + "); give this measurement another --name or delete the file");
    }
    String[] numbers = lines.get(1).substring(BASELINE.length()).split(",", -1);
    baseline =
        Optional.of(
            new Baseline(
                Double.parseDouble(numbers[0]),
                Double.parseDouble(numbers[1]),
                Double.parseDouble(numbers[2]),
                Double.parseDouble(numbers[3])));
    for (String line : lines.subList(3, lines.size())) {
      blocks.add(parse(line, baseline.get()));
    }
    Files.writeString(file, text.substring(0, end));
  }

  /** What all blocks are relative to, once it was measured. */
  Optional<Baseline> baseline() {
    return baseline;
  }

  /** Writes the beginning of the file; times and rate as they can be read again. */
  Baseline begin(Baseline measured) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    String numbers =
        String.format(
            Locale.ROOT,
            "%.4f,%.4f,%.4f,%.5f",
            measured.requestsPerSecond(),
            measured.ttftMillis(),
            measured.tpotMillis(),
            measured.pieceSeconds());
    Files.writeString(
        file, SETTINGS + identity + "\n" + BASELINE + numbers + "\n" + HEADING + "\n");
    baseline = Optional.of(measured);
    return measured;
  }

  boolean has(double load, int block, String policy) {
    return blocks.stream()
        .anyMatch(b -> b.load() == load && b.number() == block && b.policy().equals(policy));
  }

  /** The machine's speed that a block of some policy at that load was measured with. */
  OptionalDouble speed(double load, int block) {
    return blocks.stream()
        .filter(b -> b.load() == load && b.number() == block)
        .mapToDouble(Block::speed)
        .findFirst();
  }

  void append(Block block) throws IOException {
    String requests = block.requests().stream().map(this::format).collect(Collectors.joining(" "));
    Files.writeString(
        file,
        String.format(
            Locale.ROOT,
            "%s,%d,%s,%.4f,%.4f,%.4f,%.4f,%s%n",
            block.load(),
            block.number(),
            block.policy(),
            block.speed(),
            block.seconds(),
            block.steps().seconds(),
            block.steps().gainedSeconds(),
            requests),
        StandardOpenOption.APPEND);
    blocks.add(block);
  }

  List<Block> blocks() {
    return List.copyOf(blocks);
  }

  private String format(ServedRequest request) {
    return String.format(
        Locale.ROOT,
        "%d:%d:%.1f:%.1f",
        place(request.serviceClass()),
        request.tokens(),
        request.ttftMillis(),
        request.e2eMillis());
  }

  private Block parse(String line, Baseline against) {
    String[] fields = line.split(",", 8);
    double speed = Double.parseDouble(fields[3]);
    List<ServedRequest> requests = new ArrayList<>();
    for (String word : fields[7].split(" ", -1)) {
      if (!word.isEmpty()) {
        requests.add(request(word.split(":", -1), against.at(speed)));
      }
    }
    return new Block(
        Double.parseDouble(fields[0]),
        Integer.parseInt(fields[1]),
        fields[2],
        speed,
        Double.parseDouble(fields[4]),
        new StepTime(Double.parseDouble(fields[5]), Double.parseDouble(fields[6])),
        requests);
  }

  private ServedRequest request(String[] parts, Baseline against) {
    TargetRule rule = rules.get(Integer.parseInt(parts[0]));
    return new ServedRequest(
        rule.serviceClass(),
        rule.target(against),
        Integer.parseInt(parts[1]),
        Double.parseDouble(parts[2]),
        Double.parseDouble(parts[3]));
  }

  private int place(ServiceClass serviceClass) {
    int place = 0;
    while (rules.get(place).serviceClass() != serviceClass) {
      place++;
    }
    return place;
  }
}
