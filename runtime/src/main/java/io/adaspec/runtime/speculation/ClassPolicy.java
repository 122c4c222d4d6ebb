package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.SpeculationPreference;

/**
 * How the requests of one service class may draft, within what the policy allows all.
 *
 * @param drafter the most they may use: {@code MODEL} allows lookup too, {@code NGRAM} lookup alone
 * @param draftCap longest draft, 0 to {@link SpeculationPreference#MAX}
 * @param drafterFixed whether the operator set the drafter, so that the slow loop leaves it alone
 * @param capFixed the same for the draft cap
 */
public record ClassPolicy(
    DrafterKind drafter, int draftCap, boolean drafterFixed, boolean capFixed) {
  private static final ClassPolicy OPEN =
      new ClassPolicy(DrafterKind.MODEL, SpeculationPreference.MAX, false, false);

  public ClassPolicy {
    if (draftCap < 0 || draftCap > SpeculationPreference.MAX) {
      throw new IllegalArgumentException(
          "draft cap of a class must be 0 to " + SpeculationPreference.MAX + ", not " + draftCap);
    }
  }

  /** Whatever the policy allows; the slow loop may take of it. */
  public static ClassPolicy open() {
    return OPEN;
  }

  /** What the operator fixed; the rest is open again. */
  public ClassPolicy asSet() {
    return new ClassPolicy(
        drafterFixed ? drafter : OPEN.drafter,
        capFixed ? draftCap : OPEN.draftCap,
        drafterFixed,
        capFixed);
  }

  /** The same for another drafter and cap. */
  public ClassPolicy with(DrafterKind otherDrafter, int otherCap) {
    return new ClassPolicy(otherDrafter, otherCap, drafterFixed, capFixed);
  }
}
