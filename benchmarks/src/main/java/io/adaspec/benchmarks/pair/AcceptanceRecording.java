package io.adaspec.benchmarks.pair;

import io.adaspec.runtime.step.SequenceResult;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Confidence and fate of every draft token that was judged, request by request, in the order of the
 * text. A token behind a rejected one was not judged: nobody knows what it would have been worth.
 * Written as {@code RecordedAcceptance} of the simulated device reads it: an object per request and
 * line. Not thread-safe.
 */
final class AcceptanceRecording {
  private final Map<Long, Request> requests = new LinkedHashMap<>();
  private int judged;

  private record Request(StringBuilder confidence, StringBuilder accepted) {
    void add(float value, boolean kept) {
      String comma = accepted.isEmpty() ? "" : ",";
      confidence.append(comma).append(String.format(Locale.ROOT, "%.3f", value));
      accepted.append(comma).append(kept ? 1 : 0);
    }
  }

  /**
   * A sequence's part of a step.
   *
   * @throws IllegalArgumentException if a confidence is none, as under strategies that read none
   */
  void add(SequenceResult result) {
    int reached = Math.min(result.verified(), result.accepted() + 1);
    for (int i = 0; i < reached; i++) {
      if (!(result.confidences()[i] >= 0)) {
        throw new IllegalArgumentException(
            "the confidence of draft token "
                + i
                + " is "
                + result.confidences()[i]
                + "; record under a strategy that reads confidences");
      }
      requests
          .computeIfAbsent(
              result.sequence(), id -> new Request(new StringBuilder(), new StringBuilder()))
          .add(result.confidences()[i], i < result.accepted());
      judged++;
    }
  }

  int requests() {
    return requests.size();
  }

  int judged() {
    return judged;
  }

  /** The file's text. */
  String lines() {
    StringBuilder text = new StringBuilder();
    for (Request each : requests.values()) {
      text.append("{\"confidence\":[")
          .append(each.confidence())
          .append("],\"accepted\":[")
          .append(each.accepted())
          .append("]}\n");
    }
    return text.toString();
  }
}
