package io.adaspec.actors;

import io.adaspec.runtime.request.RequestId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the failed steps that a request took part in since its last token, so that one whose
 * computation breaks every device is given up instead of breaking them for ever. Not thread-safe.
 */
final class FailedSteps {
  /** With so many failed steps in a row a request is given up. */
  static final int MOST = 3;

  private final Map<RequestId, Integer> sinceToken = new HashMap<>();

  /**
   * A step failed.
   *
   * @param step the requests that took part
   * @return those of them to be given up
   */
  List<RequestId> failed(List<RequestId> step) {
    List<RequestId> givenUp = new ArrayList<>();
    for (RequestId id : step) {
      if (sinceToken.merge(id, 1, Integer::sum) == MOST) {
        sinceToken.remove(id);
        givenUp.add(id);
      }
    }
    return givenUp;
  }

  /** The request got a token, or is gone. */
  void forget(RequestId id) {
    if (!sinceToken.isEmpty()) {
      sinceToken.remove(id);
    }
  }
}
