package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SpeculationPreference;

/**
 * The policy that a scheduler follows until the next one arrives: pure data, safe to send anywhere.
 *
 * @param version grows by one with each published snapshot; an older one never replaces a newer one
 * @param strategy name and parameters as on the command line, for example {@code fixed:3}
 * @param drafter the drafter that sequences use
 * @param draftCap longest draft of any sequence, 0 to {@link SpeculationPreference#MAX}
 * @param verifier how drafts are verified
 * @param classes what of this each service class may use at present
 */
public record PolicySnapshot(
    long version,
    String strategy,
    DrafterKind drafter,
    int draftCap,
    Verifier verifier,
    ClassPolicies classes) {
  public PolicySnapshot {
    if (version < 0) {
      throw new IllegalArgumentException("policy version must not be negative, is " + version);
    }
    if (draftCap < 0 || draftCap > SpeculationPreference.MAX) {
      throw new IllegalArgumentException(
          "draft cap must be 0 to " + SpeculationPreference.MAX + ", not " + draftCap);
    }
  }

  /** A policy that is the same for all classes. */
  public PolicySnapshot(
      long version, String strategy, DrafterKind drafter, int draftCap, Verifier verifier) {
    this(version, strategy, drafter, draftCap, verifier, ClassPolicies.open());
  }

  /** Plain decoding, version 0. */
  public static PolicySnapshot plain() {
    return new PolicySnapshot(0, "off", DrafterKind.NONE, 0, Verifier.COUPLED);
  }

  /** The drafter that sequences of a class use. */
  public DrafterKind drafter(ServiceClass serviceClass) {
    return drafter.within(classes.of(serviceClass).drafter());
  }

  /** The longest draft of a class; 0 where it has no drafter. */
  public int draftCap(ServiceClass serviceClass) {
    return drafter(serviceClass) == DrafterKind.NONE
        ? 0
        : Math.min(draftCap, classes.of(serviceClass).draftCap());
  }

  /** As the operator set it, without what the slow loop took away. */
  public PolicySnapshot asSet() {
    return withClasses(classes.asSet());
  }

  /** The same under another version. */
  public PolicySnapshot withVersion(long other) {
    return new PolicySnapshot(other, strategy, drafter, draftCap, verifier, classes);
  }

  /** The same with other policies of the classes. */
  public PolicySnapshot withClasses(ClassPolicies other) {
    return new PolicySnapshot(version, strategy, drafter, draftCap, verifier, other);
  }
}
