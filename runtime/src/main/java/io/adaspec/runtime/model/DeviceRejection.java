package io.adaspec.runtime.model;

/**
 * Rejection verification where target and draft model run, so that no distribution leaves the
 * device. Decides as {@code RejectionSampler} does on what {@link ModelRunner#distribution} would
 * return. Used by the thread of its runners.
 */
public interface DeviceRejection {
  /** In place of a proposal: the token was certain, as one of an n-gram is. */
  int CERTAIN = -1;

  /** In place of a recovered token: the draft token is accepted. */
  int ACCEPTED = -1;

  /** Forgets all proposals. */
  void begin();

  /**
   * Keeps what the draft model's last pass was sampled from until {@link #begin}. Passes of one
   * step have ever fewer logit rows.
   *
   * @param rows logit rows of that pass
   * @return the number of the first row's proposal; those of the others follow
   * @throws IllegalArgumentException if there is no room left
   */
  int keep(int rows);

  /**
   * Verifies draft tokens against the target's last pass, after its sampling.
   *
   * @param out [rows] receives {@link #ACCEPTED}, or the token in place of the draft token
   */
  void verify(RejectionRows drafts, int[] out);
}
