package io.adaspec.api.metrics;

import io.adaspec.actors.EngineStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/** The load of the whole engine as of its last status. Thread-safe. */
final class EngineGauges {
  private volatile double running;
  private volatile double waiting;
  private volatile double paused;
  private volatile double waitingTokens;
  private volatile double kvUsage;

  EngineGauges(MeterRegistry registry, Tags tags) {
    AliasedMeters.gauge(
        registry, "num_requests_running", "Sequences on devices", tags, this, load -> load.running);
    AliasedMeters.gauge(
        registry, "num_requests_waiting", "Requests that wait", tags, this, load -> load.waiting);
    AliasedMeters.gauge(
        registry,
        "kv_cache_usage_perc",
        "Share of KV blocks used by sequences, 0 to 1",
        tags,
        this,
        load -> load.kvUsage);
    AliasedMeters.ownGauge(
        registry,
        "num_requests_paused",
        "Sequences that wait for their consumer",
        tags,
        this,
        load -> load.paused);
    AliasedMeters.ownGauge(
        registry,
        "waiting_prompt_tokens",
        "Prompt tokens of the requests that wait",
        tags,
        this,
        load -> load.waitingTokens);
  }

  void update(EngineStatus status) {
    running = status.running();
    waiting = status.waiting();
    paused = status.paused();
    waitingTokens = status.waitingTokens();
    int blocks = status.devices().stream().mapToInt(EngineStatus.DeviceStatus::kvBlocks).sum();
    int used = status.devices().stream().mapToInt(EngineStatus.DeviceStatus::usedKvBlocks).sum();
    kvUsage = blocks == 0 ? 0 : (double) used / blocks;
  }
}
