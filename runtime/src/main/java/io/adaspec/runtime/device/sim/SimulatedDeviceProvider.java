package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.kvcache.KvSharing;
import java.util.Optional;

/** Opens simulated devices; {@link SimulatedSettings} describes what may follow {@code sim:}. */
public final class SimulatedDeviceProvider implements DeviceProvider {
  private static final int MOST_BLOCKS = 1 << 17;

  @Override
  public String scheme() {
    return "sim";
  }

  @Override
  public Probe probe() {
    return new Probe.Available(
        SimulatedProfile.all().stream().map(profile -> "sim:" + profile.name()).toList());
  }

  @Override
  public DeviceInfo plan(DeviceSpec spec) {
    return info(spec, settings(spec));
  }

  @Override
  public Device open(DeviceSpec spec) {
    return openSimulated(spec);
  }

  /** {@link #open}, without hiding what it is. */
  public static SimulatedDevice openSimulated(DeviceSpec spec) {
    SimulatedSettings settings = settings(spec);
    return new SimulatedDevice(info(spec, settings), settings);
  }

  private static SimulatedSettings settings(DeviceSpec spec) {
    try {
      return SimulatedSettings.parse(spec.argument());
    } catch (IllegalArgumentException e) {
      throw DeviceException.permanentFailure(
          "cannot open " + spec.name() + ": " + e.getMessage(), e);
    }
  }

  private static DeviceInfo info(DeviceSpec spec, SimulatedSettings settings) {
    SimulatedProfile profile = settings.profile();
    double bytesPerToken = profile.target().kvBytesPerToken() * (1 + settings.draftKvShare());
    double memory = spec.kvBytes() > 0 ? spec.kvBytes() : profile.kvBytes();
    int fitting =
        Math.clamp((long) (memory / (bytesPerToken * spec.blockTokens())), 1, MOST_BLOCKS);
    int blocks = settings.blocks() > 0 ? settings.blocks() : fitting;
    int draftBlocks = settings.draftBlocks() >= 0 ? settings.draftBlocks() : blocks;
    return new DeviceInfo(
        spec.name(),
        "simulated " + profile.name() + (settings.realtime() ? " in real time" : ""),
        settings.vocabularySize(),
        settings.contextTokens(),
        draftBlocks > 0 ? settings.draftContextTokens() : 0,
        spec.blockTokens(),
        blocks,
        draftBlocks,
        spec.maxRows(),
        true,
        sharing(settings, blocks, spec.blockTokens()));
  }

  private static KvSharing sharing(SimulatedSettings settings, int blocks, int blockTokens) {
    long target = Math.round(settings.profile().target().kvBytesPerToken() * blockTokens);
    long draft = Math.max(1, Math.round(target * settings.draftKvShare()));
    return settings.unshared() ? KvSharing.NONE : new KvSharing(blocks, target, draft);
  }

  /** A device of these settings with blocks of 16 tokens and steps of up to 512 rows. */
  public static SimulatedDevice openSimulated(String name) {
    return openSimulated(new DeviceSpec(name, Optional.empty(), Optional.empty(), 0, 0, 16, 512));
  }
}
