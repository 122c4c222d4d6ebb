package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.KeyRights;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.SpeculationPreference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How to generate: the fields that all kinds of requests share.
 *
 * @param temperature 0 is greedy
 * @param topK 0 keeps all
 * @param topP above 0, at most 1
 * @param minP 0 drops none
 * @param penalties what is changed about logits first
 * @param seed empty for a fresh one
 * @param stopStrings at most four
 * @param stopTokens ids that end the output besides the model's own
 * @param ignoreEos whether the model's own end tokens do not end the output
 * @param tier priority class
 * @param slo latency targets
 * @param speculation wishes about speculation
 * @param cacheSalt only requests of equal salt share entries of the prefix cache; empty for none
 */
public record GenerationOptions(
    float temperature,
    int topK,
    float topP,
    float minP,
    Penalties penalties,
    OptionalLong seed,
    List<String> stopStrings,
    List<Integer> stopTokens,
    boolean ignoreEos,
    ServiceTier tier,
    SloTarget slo,
    SpeculationPreference speculation,
    String cacheSalt) {

  private static final int MAX_STOP_STRINGS = 4;
  private static final int MAX_STOP_LENGTH = 256;
  private static final int MAX_STOP_TOKENS = 64;
  private static final int MAX_SALT_LENGTH = 256;
  private static final double MAX_TEMPERATURE = 2;

  /** Lower temperatures than this make logits overflow; they are as good as greedy. */
  private static final double GREEDY_BELOW = 1e-4;

  /** What clients of vLLM say for no limit; 0 says the same. */
  private static final int ALL_TOKENS = -1;

  private static final double MIN_SLO_MS = 0.01;
  private static final double MAX_SLO_MS = 86_400_000;
  private static final double NANOS_PER_MS = 1e6;

  /**
   * Reads and checks the fields.
   *
   * @param defaults for what the request does not say about sampling
   */
  public static GenerationOptions read(
      JsonFields fields, Endpoint endpoint, KeyRights rights, SamplingDefaults defaults) {
    UnsupportedFields.refuse(fields, endpoint);
    double temperature =
        fields.number("temperature", 0, MAX_TEMPERATURE).orElse(defaults.temperature());
    float topP = (float) fields.number("top_p", 0, 1).orElse(defaults.topP());
    if (topP <= 0) {
      throw fields.invalid("top_p", "must be above 0 and at most 1");
    }
    return new GenerationOptions(
        temperature < GREEDY_BELOW ? 0 : (float) temperature,
        Math.max(0, fields.integer("top_k", ALL_TOKENS, Integer.MAX_VALUE).orElse(defaults.topK())),
        topP,
        (float) fields.number("min_p", 0, 1).orElse(defaults.minP()),
        PenaltyFields.read(fields, defaults.repetitionPenalty()),
        fields.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        stopStrings(fields),
        stopTokens(fields),
        fields.flag("ignore_eos", false),
        ServiceTier.read(fields, rights),
        fields.object("slo").map(slo -> slo(slo, rights.tightest())).orElse(SloTarget.none()),
        fields
            .object("speculation")
            .map(wishes -> speculation(wishes, rights.maxDraftTokens()))
            .orElseGet(() -> atMost(SpeculationPreference.MAX, rights.maxDraftTokens())),
        cacheSalt(fields));
  }

  private static String cacheSalt(JsonFields fields) {
    Optional<String> salt = fields.text("cache_salt");
    if (salt.isPresent() && (salt.get().isEmpty() || salt.get().length() > MAX_SALT_LENGTH)) {
      throw fields.invalid("cache_salt", "must have 1 to " + MAX_SALT_LENGTH + " characters");
    }
    return salt.orElse("");
  }

  private static List<String> stopStrings(JsonFields fields) {
    Optional<JsonNode> stop = fields.raw("stop");
    if (stop.isEmpty()) {
      return List.of();
    }
    List<JsonNode> values =
        stop.get().isArray() ? JsonFields.elements(stop.get()) : List.of(stop.get());
    if (values.size() > MAX_STOP_STRINGS) {
      throw fields.invalid(
          "stop", "has at most " + MAX_STOP_STRINGS + " strings, not " + values.size());
    }
    List<String> strings = new ArrayList<>();
    for (JsonNode value : values) {
      boolean fits =
          value.isTextual()
              && !value.textValue().isEmpty()
              && value.textValue().length() <= MAX_STOP_LENGTH;
      if (!fits) {
        throw fields.invalid(
            "stop",
            "must be a string or a list of strings, each of 1 to "
                + MAX_STOP_LENGTH
                + " characters");
      }
      strings.add(value.textValue());
    }
    return List.copyOf(strings);
  }

  private static List<Integer> stopTokens(JsonFields fields) {
    List<JsonNode> values = fields.array("stop_token_ids").orElse(List.of());
    if (values.size() > MAX_STOP_TOKENS) {
      throw fields.invalid(
          "stop_token_ids", "has at most " + MAX_STOP_TOKENS + " ids, not " + values.size());
    }
    for (JsonNode value : values) {
      if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
        throw fields.invalid("stop_token_ids", "must be a list of token ids");
      }
    }
    return values.stream().map(JsonNode::intValue).toList();
  }

  private static SloTarget slo(JsonFields fields, SloTarget tightest) {
    fields.requireKnown(List.of("ttft_ms", "tpot_ms"));
    return new SloTarget(
        targetNanos(fields, "ttft_ms", tightest.ttftNanos()),
        targetNanos(fields, "tpot_ms", tightest.tpotNanos()));
  }

  private static long targetNanos(JsonFields fields, String name, long tightestNanos) {
    var millis = fields.number(name, MIN_SLO_MS, MAX_SLO_MS);
    long nanos =
        millis.isPresent() ? Math.round(millis.getAsDouble() * NANOS_PER_MS) : SloTarget.NONE;
    if (nanos < tightestNanos) {
      throw fields.forbidden(
          name,
          "slo_not_allowed",
          "is tighter than this API key may ask for: " + tightestNanos / NANOS_PER_MS + " ms");
    }
    return nanos;
  }

  private static SpeculationPreference speculation(JsonFields fields, int allowed) {
    fields.requireKnown(List.of("mode", "max_draft_tokens"));
    String mode = fields.choice("mode", List.of("off", "auto")).orElse("auto");
    int wanted =
        fields
            .integer("max_draft_tokens", 0, SpeculationPreference.MAX)
            .orElse(SpeculationPreference.MAX);
    return mode.equals("off") ? SpeculationPreference.off() : atMost(wanted, allowed);
  }

  private static SpeculationPreference atMost(int wanted, int allowed) {
    return new SpeculationPreference(SpeculationPreference.Mode.AUTO, Math.min(wanted, allowed));
  }
}
