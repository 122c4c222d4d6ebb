package io.adaspec.runtime.sampling;

/**
 * Keeps a draft token iff it equals the token that the target itself chose at its position.
 *
 * <p>The emitted tokens are the target's own choices, each a function of the tokens before it, the
 * parameters and the seed. So the output does not depend on what was drafted or how much of it was
 * verified, and any rule may decide that.
 */
public final class CoupledVerifier {
  private CoupledVerifier() {}

  /**
   * Verifies one draft.
   *
   * @param draft [count] the draft tokens that took part in the target pass
   * @param chosen [from + count + 1, at least] the target's choices: {@code chosen[from + j]} at
   *     the position of draft token j, the last one after all of them
   */
  public static VerifiedTokens verify(DraftTokens draft, int count, int[] chosen, int from) {
    int accepted = 0;
    while (accepted < count && draft.token(accepted) == chosen[from + accepted]) {
      accepted++;
    }
    return new VerifiedTokens(accepted, chosen[from + accepted]);
  }

  /** Draft tokens by their place in the draft, from 0. */
  @FunctionalInterface
  public interface DraftTokens {
    int token(int index);
  }
}
