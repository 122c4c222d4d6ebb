package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.api.http.Json;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The {@code usage} object: tokens, and beyond the usual fields what speculation did and how long
 * things took. Times begin at arrival; over several outputs they are the longest ones, the time per
 * output token their mean.
 */
public final class Usage {
  private static final double NANOS_PER_MS = 1e6;

  private Usage() {}

  /**
   * Usage in the shape of completions.
   *
   * @param summaries one for each output
   * @param choices outputs of one prompt; each prompt counts once
   */
  static ObjectNode completions(List<GenerationSummary> summaries, int choices) {
    long prompt = 0;
    long cached = 0;
    for (int i = 0; i < summaries.size(); i += choices) {
      prompt += summaries.get(i).promptTokens();
      cached += summaries.get(i).cachedPromptTokens();
    }
    long output = sum(summaries, GenerationSummary::outputTokens);
    long drafted = sum(summaries, GenerationSummary::draftTokens);
    long accepted = sum(summaries, GenerationSummary::acceptedTokens);
    ObjectNode usage = Json.object();
    usage.put("prompt_tokens", prompt);
    usage.put("completion_tokens", output);
    usage.put("total_tokens", prompt + output);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
    usage
        .putObject("completion_tokens_details")
        .put("accepted_prediction_tokens", accepted)
        .put("rejected_prediction_tokens", drafted - accepted)
        .put("reasoning_tokens", 0);
    addMeasurements(usage, summaries);
    return usage;
  }

  /** Usage in the shape of responses. */
  public static ObjectNode responses(GenerationSummary summary) {
    ObjectNode usage = Json.object();
    usage.put("input_tokens", summary.promptTokens());
    usage
        .putObject("input_tokens_details")
        .put("cached_tokens", summary.cachedPromptTokens())
        .put("cache_write_tokens", 0);
    usage.put("output_tokens", summary.outputTokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    usage.put("total_tokens", summary.promptTokens() + summary.outputTokens());
    addMeasurements(usage, List.of(summary));
    return usage;
  }

  private static void addMeasurements(ObjectNode usage, List<GenerationSummary> summaries) {
    usage
        .putObject("speculation")
        .put("draft_tokens", sum(summaries, GenerationSummary::draftTokens))
        .put("accepted_tokens", sum(summaries, GenerationSummary::acceptedTokens))
        .put("steps", sum(summaries, GenerationSummary::steps));
    double tpot = summaries.stream().mapToLong(GenerationSummary::tpotNanos).average().orElse(0);
    usage
        .putObject("timing")
        .put("ttft_ms", longestMillis(summaries, GenerationSummary::ttftNanos))
        .put("tpot_ms", millis(tpot))
        .put("queue_wait_ms", longestMillis(summaries, GenerationSummary::queueWaitNanos))
        .put("e2e_ms", longestMillis(summaries, GenerationSummary::e2eNanos));
  }

  private static long sum(
      List<GenerationSummary> summaries, ToLongFunction<GenerationSummary> field) {
    return summaries.stream().mapToLong(field).sum();
  }

  private static double longestMillis(
      List<GenerationSummary> summaries, ToLongFunction<GenerationSummary> field) {
    return millis((double) summaries.stream().mapToLong(field).max().orElse(0));
  }

  private static double millis(double nanos) {
    return Math.round(nanos / NANOS_PER_MS * 1e3) / 1e3;
  }
}
