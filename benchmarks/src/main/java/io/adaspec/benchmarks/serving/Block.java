package io.adaspec.benchmarks.serving;

import io.adaspec.runtime.request.ServiceClass;
import java.util.List;

/**
 * One policy's share of a block.
 *
 * @param load mean arrival rate as a share of the capacity
 * @param number of the block
 * @param policy under which it was served
 * @param speed of the machine before the block ÷ when the baseline was measured
 * @param seconds from its beginning to its last token
 * @param steps of the engine
 * @param requests in the order of arrival
 */
record Block(
    double load,
    int number,
    String policy,
    double speed,
    double seconds,
    StepTime steps,
    List<ServedRequest> requests) {
  Block {
    if (!(speed > 0)) {
      throw new IllegalArgumentException("speed " + speed + " must be positive");
    }
    requests = List.copyOf(requests);
  }

  long tokens() {
    return requests.stream().mapToLong(ServedRequest::tokens).sum();
  }

  /** Output tokens of requests that met their targets. */
  long goodTokens() {
    return requests.stream().filter(ServedRequest::metSlo).mapToLong(ServedRequest::tokens).sum();
  }

  long met(ServiceClass serviceClass) {
    return requests.stream()
        .filter(request -> request.serviceClass() == serviceClass && request.metSlo())
        .count();
  }

  long of(ServiceClass serviceClass) {
    return requests.stream().filter(request -> request.serviceClass() == serviceClass).count();
  }
}
