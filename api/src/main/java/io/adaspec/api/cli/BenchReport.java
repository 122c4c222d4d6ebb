package io.adaspec.api.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * All rounds of one number of requests.
 *
 * @param batch requests side by side
 * @param rounds the measured rounds, at least one
 */
record BenchReport(int batch, List<BenchRound> rounds) {
  static final String HEADER =
      String.format(
          "%5s  %-30s %-30s %s", "batch", "prefill tokens/s", "decode tokens/s", "drafts");

  BenchReport {
    rounds = List.copyOf(rounds);
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("batch", batch);
    object.put("prefill_tokens_per_second", prefill().json());
    object.put("decode_tokens_per_second", decode().json());
    if (draftTokens() > 0) {
      object.put("draft_tokens", draftTokens());
      object.put("accepted_tokens", acceptedTokens());
      object.put("acceptance_rate", Math.round(acceptanceRate() * 1000) / 1000.0);
    }
    return object;
  }

  /** One line of the table under {@link #HEADER}. */
  String line() {
    String drafts =
        draftTokens() == 0
            ? "none"
            : String.format(
                Locale.ROOT, "%.0f %% of %d accepted", 100 * acceptanceRate(), draftTokens());
    return String.format("%5d  %-30s %-30s %s", batch, text(prefill()), text(decode()), drafts);
  }

  private static String text(Spread rate) {
    return String.format(Locale.ROOT, "%.1f (%.1f to %.1f)", rate.median(), rate.min(), rate.max());
  }

  private Spread prefill() {
    return spread(BenchRound::prefillTokensPerSecond);
  }

  private Spread decode() {
    return spread(BenchRound::decodeTokensPerSecond);
  }

  private Spread spread(ToDoubleFunction<BenchRound> value) {
    return Spread.of(rounds.stream().mapToDouble(value).toArray());
  }

  private long draftTokens() {
    return rounds.stream().mapToLong(BenchRound::draftTokens).sum();
  }

  private long acceptedTokens() {
    return rounds.stream().mapToLong(BenchRound::acceptedTokens).sum();
  }

  private double acceptanceRate() {
    return (double) acceptedTokens() / draftTokens();
  }
}
