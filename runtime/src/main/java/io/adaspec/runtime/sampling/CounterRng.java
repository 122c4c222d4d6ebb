package io.adaspec.runtime.sampling;

/**
 * The engine's only source of randomness: a stateless generator whose value is a function of (seed,
 * position, purpose, index).
 *
 * <p>{@code stream = mix(mix(seed + A) + ((purpose << 32) + position) · B)} and {@code bits(stream,
 * index) = mix(stream + (index + 1) · G)} on 64-bit integers, where {@code mix} is the finaliser of
 * SplitMix64 (Steele, Lea and Flood 2014; Stafford's variant 13) and G its golden gamma. Any device
 * can reproduce it with integer arithmetic alone.
 */
public final class CounterRng {
  /** What a draw is for; draws of different purposes are independent. */
  public enum Purpose {
    /** Gumbel noise of every token at a position; the index is the token id. */
    TOKEN(0),
    /** Whether a draft token is accepted (rejection sampling). */
    ACCEPT(1),
    /** The recovered or bonus token (rejection sampling). */
    RECOVER(2),
    /** The draft's own sample (rejection sampling). */
    DRAFT(3);

    private final long number;

    Purpose(long number) {
      this.number = number;
    }
  }

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final long SEED_OFFSET = 0xD1B54A32D192ED03L;
  private static final long COUNTER_GAMMA = 0x8CB92BA72F3D8DD7L;
  private static final double TWO_POW_MINUS_53 = 0x1p-53;

  private CounterRng() {}

  /** The stream of one (seed, position, purpose). */
  public static long stream(long seed, int position, Purpose purpose) {
    long counter = (purpose.number << 32) + (position & 0xFFFFFFFFL);
    return mix(root(seed) + counter * COUNTER_GAMMA);
  }

  /** The inner {@code mix}, which all streams of a seed share. */
  public static long root(long seed) {
    return mix(seed + SEED_OFFSET);
  }

  /** 64 random bits at {@code index} of a stream. */
  public static long bits(long stream, int index) {
    return mix(stream + (index + 1L) * GOLDEN_GAMMA);
  }

  /** A number strictly between 0 and 1 at {@code index} of a stream, on a grid of 2⁻⁵³. */
  public static double uniform(long stream, int index) {
    return ((bits(stream, index) >>> 11) + 0.5) * TWO_POW_MINUS_53;
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
