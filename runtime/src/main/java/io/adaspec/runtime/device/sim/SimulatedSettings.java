package io.adaspec.runtime.device.sim;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a simulated device behaves; read from the argument of {@code sim:…}, which is a list of
 * comma-separated words: a profile name ({@code tiny} when none is given), the flags {@code
 * realtime}, {@code audit} and {@code unshared}, and {@code key=value} pairs. {@code
 * sim:tiny,realtime,vocab=1000,failAt=12}. The keys {@link SettingWords#DRAFT_KEYS} are those of
 * {@link DraftQuality}.
 *
 * @param profile costs and sizes
 * @param realtime whether {@code execute} takes as long as it reports
 * @param audit whether every step checks every key/value position it reads; slow, for tests
 * @param unshared whether draft memory never serves the target
 * @param seed another seed is another model; key {@code seed}
 * @param vocabularySize key {@code vocab}
 * @param contextTokens key {@code context}
 * @param draftContextTokens of the draft model, the same without it; key {@code draftContext}
 * @param blocks target KV blocks, 0 to derive them from memory; key {@code blocks}
 * @param draftBlocks draft KV blocks, −1 for as many as the target; 0 for no draft model; key
 *     {@code draftBlocks}
 * @param draftKvShare bytes of a draft KV block by those of a target KV block; key {@code draftKv}
 * @param stopToken the token that ends texts, −1 for none; key {@code stop}
 * @param meanOutput mean number of tokens before it; key {@code meanOutput}
 * @param drafts how drafts turn out
 * @param slowdown factor on all durations; key {@code slowdown}
 * @param failAt the execution, counted from 1, that fails; 0 for none; key {@code failAt}
 */
public record SimulatedSettings(
    SimulatedProfile profile,
    boolean realtime,
    boolean audit,
    boolean unshared,
    long seed,
    int vocabularySize,
    int contextTokens,
    int draftContextTokens,
    int blocks,
    int draftBlocks,
    double draftKvShare,
    int stopToken,
    double meanOutput,
    DraftSettings drafts,
    double slowdown,
    long failAt) {

  public SimulatedSettings {
    if (vocabularySize < 2 || contextTokens < 2 || draftContextTokens < 2) {
      throw new IllegalArgumentException(
          "a simulated device needs a vocabulary and a context of at least 2, not "
              + vocabularySize
              + ", "
              + contextTokens
              + " and, of the draft, "
              + draftContextTokens);
    }
    if (!(slowdown > 0) || !(meanOutput >= 1)) {
      throw new IllegalArgumentException(
          "simulated slowdown "
              + slowdown
              + " must be positive, mean output "
              + meanOutput
              + " at least 1");
    }
    if (!(draftKvShare > 0)) {
      throw new IllegalArgumentException(
          "a simulated draft KV block has more than 0 bytes, not draftKv=" + draftKvShare);
    }
  }

  /**
   * Reads the argument of {@code sim:…}; empty is {@code tiny}.
   *
   * @throws IllegalArgumentException naming the word it does not know
   */
  public static SimulatedSettings parse(String argument) {
    SimulatedProfile profile = SimulatedProfile.named("tiny");
    boolean realtime = false;
    boolean audit = false;
    boolean unshared = false;
    Map<String, String> values = new LinkedHashMap<>();
    for (String word : argument.isEmpty() ? new String[0] : argument.split(",", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), word.substring(equals + 1));
      } else if (word.equals("realtime")) {
        realtime = true;
      } else if (word.equals("audit")) {
        audit = true;
      } else if (word.equals("unshared")) {
        unshared = true;
      } else {
        profile = SimulatedProfile.named(word);
      }
    }
    SettingWords words = new SettingWords(values);
    int context = (int) words.number("context", profile.contextTokens());
    SimulatedSettings settings =
        new SimulatedSettings(
            profile,
            realtime,
            audit,
            unshared,
            (long) words.number("seed", 1),
            (int) words.number("vocab", profile.vocabularySize()),
            context,
            (int) words.number("draftContext", context),
            (int) words.number("blocks", 0),
            (int) words.number("draftBlocks", -1),
            words.number(
                "draftKv", profile.draft().kvBytesPerToken() / profile.target().kvBytesPerToken()),
            (int) words.number("stop", -1),
            words.number("meanOutput", 200),
            words.drafts(profile.acceptance()),
            words.number("slowdown", 1),
            (long) words.number("failAt", 0));
    words.requireAllRead();
    return settings;
  }
}
