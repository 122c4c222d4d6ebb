package io.adaspec.runtime.device.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a real draft model said and what its target made of it, played back: every request follows
 * one recorded request, chosen by its key, token after token from a random place on.
 *
 * <p>Read from a file with one JSON object per recorded request: {@code {"confidence": [0.91, …],
 * "accepted": [1, …]}}, for its draft tokens that were judged, in the order of the text.
 */
final class RecordedAcceptance implements DraftModel {
  private final List<Request> requests;

  private record Request(float[] confidences, boolean[] accepted) {}

  private RecordedAcceptance(List<Request> requests) {
    this.requests = List.copyOf(requests);
  }

  /**
   * Reads a recording.
   *
   * @throws IllegalArgumentException if it cannot be read, naming the line
   */
  static RecordedAcceptance read(Path file) {
    List<Request> requests = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        if (!line.isBlank()) {
          requests.add(request(new ObjectMapper().readTree(line)));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "recorded acceptance " + file + ", line " + (requests.size() + 1) + ": " + e.getMessage(),
          e);
    }
    if (requests.isEmpty()) {
      throw new IllegalArgumentException("recorded acceptance " + file + " has no request");
    }
    return new RecordedAcceptance(requests);
  }

  private static Request request(JsonNode line) {
    JsonNode confidence = line.path("confidence");
    JsonNode accepted = line.path("accepted");
    if (confidence.isEmpty() || confidence.size() != accepted.size()) {
      throw new IllegalArgumentException(
          "has " + confidence.size() + " confidences and " + accepted.size() + " outcomes");
    }
    float[] confidences = new float[confidence.size()];
    boolean[] outcomes = new boolean[confidence.size()];
    for (int i = 0; i < confidences.length; i++) {
      confidences[i] = (float) confidence.get(i).asDouble();
      outcomes[i] = accepted.get(i).asInt() != 0;
    }
    return new Request(confidences, outcomes);
  }

  @Override
  public Guess guess(long request, long text, int position) {
    Request recorded = requests.get((int) Long.remainderUnsigned(request, requests.size()));
    long start = Hashing.mix(request) >>> 32;
    int at = (int) ((start + position) % recorded.confidences().length);
    return new Guess(recorded.accepted()[at], recorded.confidences()[at]);
  }
}
