package io.adaspec.api.cli;

import io.adaspec.actors.EngineObserver;
import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.actors.EngineStatus.DeviceStatus;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Waits for the devices of an engine that starts. The first failure ends the wait. */
final class DeviceReadiness implements EngineObserver {
  private final int devices;
  private final Set<String> ready = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Void> allReady = new CompletableFuture<>();

  /**
   * @param devices how many there are
   */
  DeviceReadiness(int devices) {
    this.devices = devices;
  }

  /** Completes when every device takes steps; fails with a {@link CommandFailure}. */
  CompletableFuture<Void> allReady() {
    return allReady;
  }

  @Override
  public void deviceChanged(DeviceStatus device) {
    if (device.state() == DeviceState.READY) {
      ready.add(device.name());
      if (ready.size() == devices) {
        allReady.complete(null);
      }
    } else {
      allReady.completeExceptionally(
          new CommandFailure("cannot open device " + device.name() + ": " + device.detail()));
    }
  }
}
