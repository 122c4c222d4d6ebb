package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Several observers as one; a failing one is logged and does no harm. */
final class Observers implements EngineObserver {
  private static final Logger LOG = LoggerFactory.getLogger(Observers.class);

  private final List<EngineObserver> observers;

  private Observers(List<EngineObserver> observers) {
    this.observers = observers;
  }

  static EngineObserver of(List<EngineObserver> observers) {
    return new Observers(List.copyOf(observers));
  }

  private void each(Consumer<EngineObserver> call) {
    for (EngineObserver observer : observers) {
      try {
        call.accept(observer);
      } catch (RuntimeException e) {
        LOG.warn("engine observer {} failed", observer.getClass().getName(), e);
      }
    }
  }

  @Override
  public void requestAccepted(InferenceRequest request) {
    each(observer -> observer.requestAccepted(request));
  }

  @Override
  public void requestRefused(InferenceRequest request, Refusal refusal) {
    each(observer -> observer.requestRefused(request, refusal));
  }

  @Override
  public void requestFinished(GenerationSummary summary) {
    each(observer -> observer.requestFinished(summary));
  }

  @Override
  public void tokensDelivered(int tokens) {
    each(observer -> observer.tokensDelivered(tokens));
  }

  @Override
  public void tokensFollowed(ServiceClass serviceClass, long gapNanos) {
    each(observer -> observer.tokensFollowed(serviceClass, gapNanos));
  }

  @Override
  public void stepCompleted(String device, StepReport report) {
    each(observer -> observer.stepCompleted(device, report));
  }

  @Override
  public void stepDecided(String device, StepDecision decision, StepReport report) {
    each(observer -> observer.stepDecided(device, decision, report));
  }

  @Override
  public void deviceChanged(EngineStatus.DeviceStatus device) {
    each(observer -> observer.deviceChanged(device));
  }

  @Override
  public void policyChanged(PolicySnapshot policy) {
    each(observer -> observer.policyChanged(policy));
  }

  @Override
  public void requestPaused() {
    each(EngineObserver::requestPaused);
  }

  @Override
  public void requestResumed() {
    each(EngineObserver::requestResumed);
  }
}
