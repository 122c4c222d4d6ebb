package io.adaspec.actors;

import io.adaspec.runtime.request.RequestId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the failed steps that a request took part in since its last token, so that one whose
 * computation breaks every device is given up instead of breaking them for ever, and alone: before
 * the last try it runs apart from the others, who thereby get on. Not thread-safe.
 */
final class FailedSteps {
  /** With so many failed steps in a row a request is given up. */
  static final int MOST = 3;

  private final Map<RequestId, Integer> sinceToken = new HashMap<>();

  /**
   * What to do after a failed step.
   *
   * @param givenUp requests that have had their tries
   * @param apart requests whose next steps are to be theirs alone
   */
  record Verdict(List<RequestId> givenUp, List<RequestId> apart) {}

  /**
   * A step failed.
   *
   * @param step the requests that took part
   */
  Verdict failed(List<RequestId> step) {
    List<RequestId> givenUp = new ArrayList<>();
    List<RequestId> apart = new ArrayList<>();
    for (RequestId id : step) {
      int failures = sinceToken.merge(id, 1, Integer::sum);
      if (failures == MOST) {
        sinceToken.remove(id);
        givenUp.add(id);
      } else if (failures == MOST - 1) {
        apart.add(id);
      }
    }
    return new Verdict(givenUp, apart);
  }

  /** The request got a token, or is gone. */
  void forget(RequestId id) {
    if (!sinceToken.isEmpty()) {
      sinceToken.remove(id);
    }
  }
}
