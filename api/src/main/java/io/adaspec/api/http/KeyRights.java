package io.adaspec.api.http;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.SpeculationPreference;
import java.util.EnumSet;
import java.util.Set;

/**
 * What may be asked for with an API key. Classes and latency targets decide who goes first, so they
 * are a privilege.
 *
 * @param classes service classes that its requests may have; at least one
 * @param maxRequests most outputs that are made at the same time, all connections together
 * @param maxDraftTokens longest draft of any of its requests, in tokens; shorter ones change no
 *     text
 * @param tightest the tightest latency targets that a request may state; {@code 1} ns is no bound
 * @param admin whether the key may change the policy
 */
public record KeyRights(
    Set<ServiceClass> classes,
    int maxRequests,
    int maxDraftTokens,
    SloTarget tightest,
    boolean admin) {
  /** Everything. */
  public static final KeyRights ALL =
      new KeyRights(
          EnumSet.allOf(ServiceClass.class),
          Integer.MAX_VALUE,
          SpeculationPreference.MAX,
          new SloTarget(1, 1),
          true);

  public KeyRights {
    classes = Set.copyOf(classes);
    if (classes.isEmpty()) {
      throw new IllegalArgumentException("an API key needs at least one service class");
    }
    if (maxRequests < 1) {
      throw new IllegalArgumentException("max-requests must be at least 1, not " + maxRequests);
    }
    if (maxDraftTokens < 0 || maxDraftTokens > SpeculationPreference.MAX) {
      throw new IllegalArgumentException(
          "max-draft-tokens must be 0 to " + SpeculationPreference.MAX + ", not " + maxDraftTokens);
    }
  }

  /** The class of requests that ask for none: standard, else batch, else interactive. */
  public ServiceClass defaultClass() {
    return classes.contains(ServiceClass.STANDARD)
        ? ServiceClass.STANDARD
        : classes.contains(ServiceClass.BATCH) ? ServiceClass.BATCH : ServiceClass.INTERACTIVE;
  }
}
