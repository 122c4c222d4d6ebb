package io.adaspec.runtime.device.profile;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.speculation.CostProfile;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A profile that is measured while the device is idle, on KV blocks that its scheduler never gets.
 * Used by the thread that executes the device's steps.
 */
public final class BackgroundProfile {
  private static final Duration PIECE = Duration.ofMillis(100);
  private static final int LEAST_BLOCKS = 8;
  private static final int SHARE = 8;

  private final DeviceInfo rest;
  private final DeviceProfiler profiler;
  private final Consumer<CostProfile> whenDone;

  private BackgroundProfile(
      DeviceInfo rest, DeviceProfiler profiler, Consumer<CostProfile> whenDone) {
    this.rest = rest;
    this.profiler = profiler;
    this.whenDone = whenDone;
  }

  /**
   * Keeps an eighth of the device's blocks, at most two contexts, to itself.
   *
   * @param whenDone hears the finished profile, on the device's thread
   * @return empty where that is too little to measure anything, or target and draft have different
   *     numbers of blocks
   */
  public static Optional<BackgroundProfile> of(Device device, Consumer<CostProfile> whenDone) {
    DeviceInfo info = device.info();
    int context = Math.ceilDiv(info.contextTokens(), info.blockTokens());
    int blocks = Math.min(info.kvBlocks() / SHARE, 2 * context);
    boolean alike = !info.hasDraftModel() || info.draftKvBlocks() == info.kvBlocks();
    if (!alike || blocks < LEAST_BLOCKS) {
      return Optional.empty();
    }
    DeviceInfo rest = info.withoutBlocks(blocks);
    DeviceProfiler profiler =
        new DeviceProfiler(device, rest.kvBlocks(), blocks, DeviceProfiler.BUDGET, PIECE);
    return Optional.of(new BackgroundProfile(rest, profiler, whenDone));
  }

  /** The device without the blocks that the profile keeps. */
  public DeviceInfo rest() {
    return rest;
  }

  /**
   * Measures the next piece.
   *
   * @return the profile once nothing is left to measure
   */
  public Optional<CostProfile> advance() {
    if (profiler.advance()) {
      return Optional.empty();
    }
    CostProfile profile = profiler.profile();
    whenDone.accept(profile);
    return Optional.of(profile);
  }
}
