package io.adaspec.runtime.request;

/**
 * What a request wishes of speculation; the policy decides within it.
 *
 * @param mode off, or as the policy says
 * @param maxDraftTokens draft length cap of this request, 0 to {@link #MAX}; 0 means plain decoding
 */
public record SpeculationPreference(Mode mode, int maxDraftTokens) {
  /** The longest draft any request may ask for. */
  public static final int MAX = 16;

  /** Whether to speculate. */
  public enum Mode {
    OFF,
    AUTO
  }

  public SpeculationPreference {
    if (maxDraftTokens < 0 || maxDraftTokens > MAX) {
      throw new IllegalArgumentException(
          "max_draft_tokens must be 0 to " + MAX + ", not " + maxDraftTokens);
    }
  }

  public static SpeculationPreference auto() {
    return new SpeculationPreference(Mode.AUTO, MAX);
  }

  public static SpeculationPreference off() {
    return new SpeculationPreference(Mode.OFF, 0);
  }

  /** The cap that follows from mode and maximum. */
  public int cap() {
    return mode == Mode.OFF ? 0 : maxDraftTokens;
  }
}
