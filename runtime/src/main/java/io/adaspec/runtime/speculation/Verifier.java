package io.adaspec.runtime.speculation;

/** How draft tokens are verified; both keep the target's distribution. */
public enum Verifier {
  /**
   * Draft and target sample with the same noise; a draft token is kept iff it equals the target's
   * own sample. The output is a function of prompt, parameters and seed, whatever is drafted or
   * verified.
   */
  COUPLED,
  /**
   * Modified rejection sampling (Leviathan et al. 2023). Exact in distribution only where no draft
   * token is dropped because of its own confidence, so strategies that select by confidence refuse
   * it.
   */
  REJECTION
}
