package io.adaspec.runtime.device.profile;

/**
 * One thing to measure.
 *
 * @param sequences that take part
 * @param rows known tokens of each that are computed: 1, or more for a prefill chunk
 * @param contextTokens tokens of each before
 * @param drafts whether each drafts a token with the draft model and verifies it
 */
record ProfilePoint(int sequences, int rows, int contextTokens, boolean drafts) {
  /** Rows of the target pass. */
  int targetRows() {
    return sequences * (rows + (drafts ? 1 : 0));
  }
}
