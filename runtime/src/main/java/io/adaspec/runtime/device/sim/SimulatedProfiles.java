package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.device.sim.SimulatedProfile.ModelCost;
import java.util.List;

/**
 * The machines and model pairs that can be simulated. Model sizes are those of the published
 * configurations; machine rates are data-sheet figures times the share that large matrix products
 * and decode kernels are commonly seen to reach. They are estimates to compare strategies with, not
 * measurements of these machines.
 */
final class SimulatedProfiles {
  /** Share of the data sheet's memory bandwidth and of its dense FP16 rate. */
  private static final double BANDWIDTH_SHARE = 0.75;

  private static final double ARITHMETIC_SHARE = 0.55;

  /** A replayed graph: once, and for each layer's kernels. */
  private static final double LAUNCH_NANOS = 150_000;

  private static final double LAYER_NANOS = 15_000;

  /** One all-reduce of a few rows within a node; two per layer. */
  private static final double EXCHANGE_NANOS = 12_000;

  private static final double SEQUENCE_NANOS = 8_000;
  private static final double USABLE_MEMORY = 0.9;
  private static final double FP16_BYTES = 2;

  private static final Card A100 = new Card(2.039e12, 312e12, 80e9);
  private static final Card L40 = new Card(0.864e12, 181e12, 48e9);
  private static final Card H200 = new Card(4.8e12, 989e12, 141e9);

  private static final Model VICUNA_7B = new Model(6.74e9, 32, 32 * 128);
  private static final Model VICUNA_68M = new Model(0.068e9, 2, 12 * 64);
  private static final Model VICUNA_33B = new Model(32.5e9, 60, 52 * 128);
  private static final Model VICUNA_160M = new Model(0.162e9, 12, 12 * 64);
  private static final Model LLAMA_70B = new Model(70.6e9, 80, 8 * 128);
  private static final Model LLAMA_8B = new Model(8.03e9, 32, 8 * 128);
  private static final Model LLAMA_1B = new Model(1.24e9, 16, 8 * 64);

  /** Drafts of 68 M and 160 M parameters: right on easy texts, often wrong on hard ones. */
  private static final DraftQuality SMALL_DRAFT =
      new DraftQuality(0.5, 0.80, 0.45, 0.4, 1.0, 0.9, 0.35, 0.5);

  /** A 1 B draft of the target's own family. */
  private static final DraftQuality FAMILY_DRAFT =
      new DraftQuality(0.6, 0.88, 0.65, 0.4, 1.0, 0.9, 0.3, 0.5);

  static final List<SimulatedProfile> ALL =
      List.of(
          tiny(),
          pair("a100-vicuna-7b", A100, 1, VICUNA_7B, VICUNA_68M, SMALL_DRAFT, 4096),
          pair("l40-vicuna-7b", L40, 1, VICUNA_7B, VICUNA_68M, SMALL_DRAFT, 4096),
          pair("4xa100-vicuna-33b", A100, 4, VICUNA_33B, VICUNA_160M, SMALL_DRAFT, 2048),
          pair("8xa100-llama-70b", A100, 8, LLAMA_70B, LLAMA_1B, FAMILY_DRAFT, 8192),
          pair("h200-llama-8b", H200, 1, LLAMA_8B, LLAMA_1B, FAMILY_DRAFT, 8192),
          cpu110m());

  private SimulatedProfiles() {}

  /** A card by its data sheet: bytes per second, dense FP16 operations per second, bytes. */
  private record Card(double bandwidth, double arithmetic, double memory) {}

  /** A model by its configuration; {@code kvWidth} is KV heads times head size. */
  private record Model(double parameters, int layers, int kvWidth) {
    double kvBytesPerToken() {
      return 2 * layers * kvWidth * FP16_BYTES;
    }
  }

  /** The target spread over all cards, the draft on one of them. */
  private static SimulatedProfile pair(
      String name,
      Card card,
      int cards,
      Model target,
      Model draft,
      DraftQuality acceptance,
      int contextTokens) {
    double weights = (target.parameters() + draft.parameters()) * FP16_BYTES;
    long kvBytes = (long) (cards * card.memory() * USABLE_MEMORY - weights);
    return new SimulatedProfile(
        name,
        cost(card, cards, target),
        cost(card, 1, draft),
        SEQUENCE_NANOS,
        kvBytes,
        32_000,
        contextTokens,
        acceptance);
  }

  private static ModelCost cost(Card card, int cards, Model model) {
    double bytesPerNano = cards * card.bandwidth() * BANDWIDTH_SHARE / 1e9;
    double operationsPerNano = cards * card.arithmetic() * ARITHMETIC_SHARE / 1e9;
    double exchange = cards > 1 ? 2 * EXCHANGE_NANOS * model.layers() : 0;
    return new ModelCost(
        LAUNCH_NANOS + LAYER_NANOS * model.layers() + exchange,
        model.parameters() * FP16_BYTES / bytesPerNano,
        2 * model.parameters() / operationsPerNano,
        model.kvBytesPerToken() / bytesPerNano,
        model.kvBytesPerToken());
  }

  /** Small sizes and short steps, for tests: a step takes about a millisecond. */
  private static SimulatedProfile tiny() {
    return new SimulatedProfile(
        "tiny",
        new ModelCost(20_000, 1_000_000, 50_000, 100, 1024),
        new ModelCost(20_000, 100_000, 5_000, 25, 256),
        1_000,
        1280L * 4096,
        256,
        1024,
        DraftQuality.around(0.7));
  }

  /** A 110 M model in 8 bits with a two-layer draft on a server processor, two threads. */
  private static SimulatedProfile cpu110m() {
    return new SimulatedProfile(
        "cpu-110m",
        new ModelCost(30_000, 4_500_000, 1_200_000, 1_400, 36_864),
        new ModelCost(30_000, 1_500_000, 390_000, 240, 6_144),
        20_000,
        1_000_000_000L,
        32_000,
        2048,
        DraftQuality.around(0.78));
  }
}
