package io.adaspec.benchmarks.speed;

import io.adaspec.benchmarks.probe.MachineProbe.Rates;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Rates of llama.cpp (August 2026, built for its processor, 2 threads) on a 4th-generation EPYC
 * guest with 2 cores: medians, in tokens per second. Decoding of one or two sequences is bound by
 * memory and is scaled with the memory rate of the machine at hand, the rest with its multiply-add
 * rate.
 *
 * @param prefill rate of a prompt of 128 tokens
 * @param decode rates by number of sequences
 */
record Reference(double prefill, Map<Integer, Double> decode) {
  private static final double READ_GIGABYTES_PER_SECOND = 33;
  private static final double GIGAFLOPS = 233;
  private static final int MEMORY_BOUND_SEQUENCES = 2;

  private static final Map<String, Reference> TABLE =
      Map.of(
          "110m-q8_0.gguf", of(1128, 224, 187, 294, 421, 521, 607),
          "110m-f32.gguf", of(787, 63.5, 109, 195, 287, 394, 456),
          "1.1b-q8_0.gguf", of(109, 28.9, 33, 53, 64, 81, 87));

  Reference {
    decode = Map.copyOf(decode);
  }

  private static Reference of(
      double prefill,
      double one,
      double two,
      double four,
      double eight,
      double sixteen,
      double thirtyTwo) {
    return new Reference(
        prefill, Map.of(1, one, 2, two, 4, four, 8, eight, 16, sixteen, 32, thirtyTwo));
  }

  /** The rates for a generated model, if they are known. */
  static Optional<Reference> of(String fileName) {
    return Optional.ofNullable(TABLE.get(fileName));
  }

  double scaledPrefill(Rates machine) {
    return prefill * machine.gigaflops() / GIGAFLOPS;
  }

  OptionalDouble scaledDecode(int sequences, Rates machine) {
    Double rate = decode.get(sequences);
    if (rate == null) {
      return OptionalDouble.empty();
    }
    double scale =
        sequences <= MEMORY_BOUND_SEQUENCES
            ? machine.readGigabytesPerSecond() / READ_GIGABYTES_PER_SECOND
            : machine.gigaflops() / GIGAFLOPS;
    return OptionalDouble.of(rate * scale);
  }
}
