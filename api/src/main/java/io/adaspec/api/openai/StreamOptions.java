package io.adaspec.api.openai;

import io.adaspec.api.http.JsonFields;
import java.util.List;
import java.util.Optional;

/**
 * Whether and how to stream.
 *
 * @param stream as server-sent events instead of one JSON object
 * @param includeUsage whether a last event carries the usage
 */
public record StreamOptions(boolean stream, boolean includeUsage) {
  private static final List<String> KNOWN =
      List.of("include_usage", "include_obfuscation", "continuous_usage_stats");
  private static final List<String> RESPONSES = List.of("include_obfuscation");

  static StreamOptions read(JsonFields fields) {
    boolean stream = fields.flag("stream", false);
    Optional<JsonFields> options = fields.object("stream_options");
    if (options.isPresent() && !stream) {
      throw fields.invalid("stream_options", "is only allowed when stream is true");
    }
    options.ifPresent(
        each -> refuse(each, List.of("include_obfuscation", "continuous_usage_stats"), KNOWN));
    return new StreamOptions(
        stream, options.isPresent() && options.get().flag("include_usage", false));
  }

  /** Refuses options that are not supported or not known at the Responses protocol. */
  public static void refuseResponses(JsonFields options) {
    refuse(options, RESPONSES, RESPONSES);
  }

  private static void refuse(JsonFields options, List<String> onlyFalse, List<String> known) {
    options.requireKnown(known);
    for (String option : onlyFalse) {
      if (options.flag(option, false)) {
        throw options.unsupported(option, "is not supported; leave it out");
      }
    }
  }
}
