package io.adaspec.runtime.device.sim;

/**
 * How the drafts of a simulated device turn out.
 *
 * @param first at first
 * @param later once the device has worked for {@code changeNanos}
 * @param changeNanos when the draft changes; {@link Double#POSITIVE_INFINITY} for never
 * @param lookupShare share of texts that end with something said before, so that an n-gram drafter
 *     has something to propose
 */
record DraftSettings(DraftModel first, DraftModel later, double changeNanos, double lookupShare) {
  DraftSettings {
    if (!(lookupShare >= 0 && lookupShare <= 1) || !(changeNanos >= 0)) {
      throw new IllegalArgumentException(
          "simulated lookups "
              + lookupShare
              + " must be 0 to 1 and the change of the draft at "
              + changeNanos
              + " ns not negative");
    }
  }

  DraftModel at(double workedNanos) {
    return workedNanos < changeNanos ? first : later;
  }
}
