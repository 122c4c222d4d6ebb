package io.adaspec.runtime.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Ten minutes of arrivals, as the published AdaSpec was evaluated with: read from a file where it
 * is present, else generated with the same statistics.
 *
 * @param name {@code conv}, {@code mooncake} or {@code code}
 * @param recorded whether it is the recorded one
 * @param seconds how long
 * @param times arrivals in seconds, rising
 */
public record Trace(String name, boolean recorded, double seconds, List<Double> times) {
  private static final double SECONDS = 600;
  private static final int BURSTS = 15;
  private static final int BURST_REQUESTS = 719;
  private static final double BURST_VARIATION = 0.9;
  private static final double BURST_RATE = 10;
  private static final double FIRST_BURST = 73;
  private static final double LAST_BURST = 424;

  public Trace {
    times = times.stream().sorted().toList();
    if (times.isEmpty()) {
      throw new IllegalArgumentException("trace " + name + " has no arrivals");
    }
  }

  /**
   * The trace of that name.
   *
   * @param folder where {@code NAME.csv} may be: a heading, then one time in seconds per line
   * @throws IllegalArgumentException if the name is unknown
   * @throws IOException if the file is there but cannot be read
   */
  public static Trace load(String name, Optional<Path> folder) throws IOException {
    Trace generated = generate(name);
    Path file = folder.map(path -> path.resolve(name + ".csv")).orElse(Path.of(name + ".csv"));
    if (folder.isEmpty() || !Files.isReadable(file)) {
      return generated;
    }
    List<Double> times = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank() && Character.isDigit(line.charAt(0))) {
        times.add(Double.parseDouble(line.strip()));
      }
    }
    return new Trace(name, true, SECONDS, times);
  }

  /**
   * Arrivals with the statistics of the trace: {@code conv} 4.78 requests per second with gaps of
   * variation 1.10; {@code mooncake} 1.80 and 0.46; {@code code} 719 requests in fifteen bursts
   * between 73 s and 436 s, ten a second within, nothing between.
   */
  static Trace generate(String name) {
    Draws draws = new Draws(1, "trace " + name);
    List<Double> times =
        switch (name) {
          case "conv" -> renewal(0.2093, 1.10, draws);
          case "mooncake" -> renewal(0.5571, 0.459, draws);
          case "code" -> bursts(draws);
          default ->
              throw new IllegalArgumentException(
                  "unknown trace '" + name + "'; use conv, mooncake or code");
        };
    return new Trace(name, false, SECONDS, times);
  }

  private static List<Double> renewal(double meanGap, double cv, Draws draws) {
    List<Double> times = new ArrayList<>();
    for (double at = 0; at < SECONDS; at += draws.gamma(meanGap, cv)) {
      times.add(at);
    }
    return times;
  }

  private static List<Double> bursts(Draws draws) {
    double[] sizes = new double[BURSTS];
    Arrays.setAll(sizes, burst -> draws.logNormal(1, BURST_VARIATION));
    double all = Arrays.stream(sizes).sum();
    List<Double> times = new ArrayList<>();
    for (int burst = 0; burst < BURSTS; burst++) {
      double place = (burst + draws.uniform()) / BURSTS;
      double at = FIRST_BURST + (LAST_BURST - FIRST_BURST) * place;
      for (long left = Math.round(BURST_REQUESTS * sizes[burst] / all); left > 0; left--) {
        times.add(at);
        at += draws.gamma(1 / BURST_RATE, 1.5);
      }
    }
    return times;
  }
}
