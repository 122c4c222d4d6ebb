package io.adaspec.api.cli;

import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.TokenEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What one request gave, collected from its stream by one thread. */
final class GeneratedText {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  private final StringBuilder text = new StringBuilder();
  private final List<Integer> tokenIds = new ArrayList<>();
  private Optional<GenerationSummary> summary = Optional.empty();
  private volatile int tokens;

  GeneratedText() {}

  void add(TokenEvent event) {
    switch (event) {
      case TokenEvent.Tokens some -> {
        text.append(some.text());
        for (int id : some.tokenIds().toArray()) {
          tokenIds.add(id);
        }
        tokens = tokenIds.size();
      }
      case TokenEvent.Finished finished -> summary = Optional.of(finished.summary());
    }
  }

  /** How many tokens there are so far; for any thread. */
  int tokens() {
    return tokens;
  }

  /** The object of {@code --json}. */
  Map<String, Object> json() {
    GenerationSummary end = end();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("text", text.toString());
    object.put("token_ids", tokenIds);
    object.put("prompt_tokens", end.promptTokens());
    object.put("completion_tokens", end.outputTokens());
    object.put("finish_reason", end.reason().name().toLowerCase(Locale.ROOT));
    object.put("ttft_ms", rounded(end.ttftNanos() / NANOS_PER_MILLI));
    object.put("tpot_ms", rounded(end.tpotNanos() / NANOS_PER_MILLI));
    object.put("tokens_per_second", rounded(tokensPerSecond(end)));
    object.put("draft_tokens", end.draftTokens());
    object.put("accepted_tokens", end.acceptedTokens());
    object.put("steps", end.steps());
    return object;
  }

  /** One line for a person who has read the text. */
  String remark() {
    GenerationSummary end = end();
    String speed =
        String.format(
            Locale.ROOT,
            "%d tokens, the first after %.0f ms, %.0f tokens/s",
            end.outputTokens(),
            end.ttftNanos() / NANOS_PER_MILLI,
            tokensPerSecond(end));
    return end.draftTokens() == 0
        ? speed
        : speed
            + "; "
            + end.acceptedTokens()
            + " of "
            + end.draftTokens()
            + " draft tokens accepted";
  }

  private GenerationSummary end() {
    return summary.orElseThrow(() -> new IllegalStateException("the stream has no end"));
  }

  private static double tokensPerSecond(GenerationSummary end) {
    return end.e2eNanos() == 0 ? 0 : end.outputTokens() * NANOS_PER_SECOND / end.e2eNanos();
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
