package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.SpeculationPreference;

/**
 * The policy that a scheduler follows until the next one arrives: pure data, safe to send anywhere.
 *
 * @param version grows by one with each published snapshot; an older one never replaces a newer one
 * @param strategy name and parameters as on the command line, for example {@code fixed:3}
 * @param drafter the drafter that sequences use
 * @param draftCap longest draft of any sequence, 0 to {@link SpeculationPreference#MAX}
 * @param verifier how drafts are verified
 */
public record PolicySnapshot(
    long version, String strategy, DrafterKind drafter, int draftCap, Verifier verifier) {
  public PolicySnapshot {
    if (version < 0) {
      throw new IllegalArgumentException("policy version must not be negative, is " + version);
    }
    if (draftCap < 0 || draftCap > SpeculationPreference.MAX) {
      throw new IllegalArgumentException(
          "draft cap must be 0 to " + SpeculationPreference.MAX + ", not " + draftCap);
    }
  }

  /** Plain decoding, version 0. */
  public static PolicySnapshot plain() {
    return new PolicySnapshot(0, "off", DrafterKind.NONE, 0, Verifier.COUPLED);
  }
}
