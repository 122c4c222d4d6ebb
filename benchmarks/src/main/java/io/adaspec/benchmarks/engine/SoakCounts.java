package io.adaspec.benchmarks.engine;

import io.adaspec.actors.EngineObserver;
import io.adaspec.actors.EngineStatus;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.Refusal;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.StepReport;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what happens to an engine. Thread-safe. */
final class SoakCounts implements EngineObserver {
  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

  private void count(String what) {
    counts.computeIfAbsent(what, key -> new LongAdder()).increment();
  }

  long of(String what) {
    LongAdder adder = counts.get(what);
    return adder == null ? 0 : adder.sum();
  }

  /** All requests that ended, for whatever reason. */
  long ended() {
    long sum = 0;
    for (FinishReason reason : FinishReason.values()) {
      sum += of("ended " + reason);
    }
    return sum;
  }

  @Override
  public void requestAccepted(InferenceRequest request) {
    count("accepted");
  }

  @Override
  public void requestRefused(InferenceRequest request, Refusal refusal) {
    count("refused " + refusal.reason());
  }

  @Override
  public void requestFinished(GenerationSummary summary) {
    count("ended " + summary.reason());
  }

  @Override
  public void stepCompleted(String device, StepReport report) {
    count("steps");
  }

  @Override
  public void deviceChanged(EngineStatus.DeviceStatus device) {
    count("device " + device.state());
  }

  @Override
  public void requestPaused() {
    count("pauses");
  }

  @Override
  public void requestResumed() {
    count("resumes");
  }

  @Override
  public String toString() {
    return new TreeMap<>(counts).toString();
  }
}
