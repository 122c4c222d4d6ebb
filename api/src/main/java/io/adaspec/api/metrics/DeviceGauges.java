package io.adaspec.api.metrics;

import io.adaspec.actors.EngineStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/** The state of one device as of its last status. Thread-safe. */
final class DeviceGauges {
  private volatile double running;
  private volatile double usedKvBlocks;
  private volatile double kvBlocks;
  private volatile double lentKvBlocks;
  private volatile double usedDraftKvBlocks;
  private volatile double draftKvBlocks;
  private volatile double ready;
  private volatile double restarts;

  DeviceGauges(MeterRegistry registry, Tags tags) {
    AliasedMeters.ownGauge(
        registry, "device_running", "Sequences on the device", tags, this, state -> state.running);
    AliasedMeters.ownGauge(
        registry,
        "device_kv_blocks_used",
        "KV blocks used by sequences",
        tags,
        this,
        state -> state.usedKvBlocks);
    AliasedMeters.ownGauge(
        registry, "device_kv_blocks", "KV blocks", tags, this, state -> state.kvBlocks);
    AliasedMeters.ownGauge(
        registry,
        "device_kv_blocks_lent",
        "KV blocks that lie in the draft model's memory",
        tags,
        this,
        state -> state.lentKvBlocks);
    AliasedMeters.ownGauge(
        registry,
        "device_draft_kv_blocks_used",
        "KV blocks of the draft model used by sequences",
        tags,
        this,
        state -> state.usedDraftKvBlocks);
    AliasedMeters.ownGauge(
        registry,
        "device_draft_kv_blocks",
        "KV blocks of the draft model whose memory is not lent",
        tags,
        this,
        state -> state.draftKvBlocks);
    AliasedMeters.ownGauge(
        registry, "device_ready", "1 if it takes steps", tags, this, state -> state.ready);
    AliasedMeters.ownGauge(
        registry,
        "device_restarts",
        "Times it was opened again",
        tags,
        this,
        state -> state.restarts);
  }

  void update(EngineStatus.DeviceStatus device) {
    running = device.running();
    usedKvBlocks = device.usedKvBlocks();
    kvBlocks = device.kvBlocks();
    lentKvBlocks = device.lentKvBlocks();
    usedDraftKvBlocks = device.usedDraftKvBlocks();
    draftKvBlocks = device.draftKvBlocks();
    ready = device.state() == EngineStatus.DeviceState.READY ? 1 : 0;
    restarts = device.restarts();
  }
}
