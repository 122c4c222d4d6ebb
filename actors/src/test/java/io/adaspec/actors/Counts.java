package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.StepReport;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** An observer that counts. */
final class Counts implements EngineObserver {
  final AtomicInteger paused = new AtomicInteger();
  final AtomicInteger resumed = new AtomicInteger();
  final AtomicInteger delivered = new AtomicInteger();
  final AtomicInteger accepted = new AtomicInteger();
  final AtomicInteger refused = new AtomicInteger();
  final AtomicInteger steps = new AtomicInteger();
  final Queue<GenerationSummary> finished = new ConcurrentLinkedQueue<>();
  final Queue<EngineStatus.DeviceStatus> devices = new ConcurrentLinkedQueue<>();

  @Override
  public void requestAccepted(InferenceRequest request) {
    accepted.incrementAndGet();
  }

  @Override
  public void requestRefused(InferenceRequest request, Refusal refusal) {
    refused.incrementAndGet();
  }

  @Override
  public void requestFinished(GenerationSummary summary) {
    finished.add(summary);
  }

  @Override
  public void tokensDelivered(int tokens) {
    delivered.addAndGet(tokens);
  }

  @Override
  public void stepCompleted(String device, StepReport report) {
    steps.incrementAndGet();
  }

  @Override
  public void deviceChanged(EngineStatus.DeviceStatus device) {
    devices.add(device);
  }

  @Override
  public void requestPaused() {
    paused.incrementAndGet();
  }

  @Override
  public void requestResumed() {
    resumed.incrementAndGet();
  }
}
