package io.adaspec.runtime.device.sim;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a simulated device behaves; read from the argument of {@code sim:…}, which is a list of
 * comma-separated words: a profile name, the flags {@code realtime} and {@code audit}, and {@code
 * key=value} pairs named like the fields below. {@code sim:tiny,realtime,vocab=1000,failAt=12}.
 *
 * @param profile costs and sizes: {@code tiny} (default), {@code a100-vicuna-7b}, {@code cpu-110m}
 * @param realtime whether {@code execute} takes as long as it reports
 * @param audit whether every step checks every key/value position it reads; slow, for tests
 * @param seed another seed is another model; key {@code seed}
 * @param vocabularySize key {@code vocab}
 * @param contextTokens key {@code context}
 * @param blocks target KV blocks, 0 to derive them from memory; key {@code blocks}
 * @param draftBlocks draft KV blocks, −1 for as many as the target; 0 for no draft model; key
 *     {@code draftBlocks}
 * @param stopToken the token that ends texts, −1 for none; key {@code stop}
 * @param meanOutput mean number of tokens before it; key {@code meanOutput}
 * @param acceptance mean probability that a draft token is right; key {@code acceptance}
 * @param spread how far a sequence's own acceptance may lie from the mean; key {@code spread}
 * @param confidenceExponent confidence = acceptance to this power: 1 is calibrated, below 1
 *     overconfident; key {@code confidenceExponent}
 * @param slowdown factor on all durations; key {@code slowdown}
 * @param failAt the execution, counted from 1, that fails; 0 for none; key {@code failAt}
 */
public record SimulatedSettings(
    SimulatedProfile profile,
    boolean realtime,
    boolean audit,
    long seed,
    int vocabularySize,
    int contextTokens,
    int blocks,
    int draftBlocks,
    int stopToken,
    double meanOutput,
    double acceptance,
    double spread,
    double confidenceExponent,
    double slowdown,
    long failAt) {

  public SimulatedSettings {
    if (vocabularySize < 2 || contextTokens < 2) {
      throw new IllegalArgumentException(
          "a simulated device needs a vocabulary and a context of at least 2, not "
              + vocabularySize
              + " and "
              + contextTokens);
    }
    if (!(acceptance >= 0 && acceptance <= 1)
        || !(spread >= 0 && spread <= 1)
        || !(confidenceExponent > 0)
        || !(slowdown > 0)
        || !(meanOutput >= 1)) {
      throw new IllegalArgumentException(
          "simulated acceptance "
              + acceptance
              + " and spread "
              + spread
              + " must be 0 to 1, confidence exponent "
              + confidenceExponent
              + " and slowdown "
              + slowdown
              + " positive, mean output "
              + meanOutput
              + " at least 1");
    }
  }

  /** The default behaviour over a profile. */
  public static SimulatedSettings of(SimulatedProfile profile) {
    return new Words(profile, false, false, Map.of()).settings();
  }

  /**
   * Reads the argument of {@code sim:…}; empty is {@code tiny}.
   *
   * @throws IllegalArgumentException naming the word it does not know
   */
  public static SimulatedSettings parse(String argument) {
    SimulatedProfile profile = SimulatedProfile.TINY;
    boolean realtime = false;
    boolean audit = false;
    Map<String, String> values = new LinkedHashMap<>();
    for (String word : argument.isEmpty() ? new String[0] : argument.split(",", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), word.substring(equals + 1));
      } else if (word.equals("realtime")) {
        realtime = true;
      } else if (word.equals("audit")) {
        audit = true;
      } else {
        profile = profile(word);
      }
    }
    Words words = new Words(profile, realtime, audit, values);
    SimulatedSettings settings = words.settings();
    words.requireAllRead();
    return settings;
  }

  private static SimulatedProfile profile(String name) {
    for (SimulatedProfile profile : SimulatedProfile.ALL) {
      if (profile.name().equals(name)) {
        return profile;
      }
    }
    throw new IllegalArgumentException(
        "unknown word '"
            + name
            + "' in a simulated device; profiles: "
            + SimulatedProfile.ALL.stream().map(SimulatedProfile::name).toList()
            + ", flags: realtime, audit, or key=value");
  }

  /** The words of an argument on their way to settings. */
  private static final class Words {
    private final SimulatedProfile profile;
    private final boolean realtime;
    private final boolean audit;
    private final Map<String, String> unread;

    Words(SimulatedProfile profile, boolean realtime, boolean audit, Map<String, String> values) {
      this.profile = profile;
      this.realtime = realtime;
      this.audit = audit;
      this.unread = new LinkedHashMap<>(values);
    }

    SimulatedSettings settings() {
      return new SimulatedSettings(
          profile,
          realtime,
          audit,
          (long) number("seed", 1),
          (int) number("vocab", profile.vocabularySize()),
          (int) number("context", profile.contextTokens()),
          (int) number("blocks", 0),
          (int) number("draftBlocks", -1),
          (int) number("stop", -1),
          number("meanOutput", 200),
          number("acceptance", 0.7),
          number("spread", 0.2),
          number("confidenceExponent", 0.5),
          number("slowdown", 1),
          (long) number("failAt", 0));
    }

    private double number(String key, double otherwise) {
      String value = unread.remove(key);
      if (value == null) {
        return otherwise;
      }
      try {
        return Double.parseDouble(value);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "simulated device: " + key + "=" + value + " is not a number", e);
      }
    }

    void requireAllRead() {
      if (!unread.isEmpty()) {
        throw new IllegalArgumentException(
            "simulated device: unknown keys "
                + unread.keySet()
                + "; known: seed, vocab, context, blocks, draftBlocks, stop, meanOutput,"
                + " acceptance, spread, confidenceExponent, slowdown, failAt");
      }
    }
  }
}
