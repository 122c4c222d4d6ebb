package io.adaspec.api.openai;

import io.adaspec.api.http.JsonFields;
import java.util.Optional;

/**
 * Whether and how to stream.
 *
 * @param stream as server-sent events instead of one JSON object
 * @param includeUsage whether a last event carries the usage
 */
record StreamOptions(boolean stream, boolean includeUsage) {
  static StreamOptions read(JsonFields fields) {
    boolean stream = fields.flag("stream", false);
    Optional<JsonFields> options = fields.object("stream_options");
    if (options.isPresent() && !stream) {
      throw fields.invalid("stream_options", "is only allowed when stream is true");
    }
    return new StreamOptions(
        stream, options.isPresent() && options.get().flag("include_usage", false));
  }
}
