package io.adaspec.benchmarks.speed;

/** A program whose speed on one model is measured. Prompts are random text; decoding is greedy. */
interface Subject extends AutoCloseable {
  String name();

  /** Seconds from a prompt of {@code tokens} tokens to its first output token. */
  double prefillSeconds(int tokens);

  /** Output tokens per second of {@code sequences} sequences that decode together. */
  double decodeRate(int sequences);

  @Override
  void close();
}
