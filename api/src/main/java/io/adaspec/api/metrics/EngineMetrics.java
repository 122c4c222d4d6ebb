package io.adaspec.api.metrics;

import io.adaspec.actors.EngineObserver;
import io.adaspec.actors.EngineStatus;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.Refusal;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what an engine does; give it to the engine as an observer and its {@link #scrape} to the
 * server. Names begin with {@code adaspec_}; those that dashboards for vLLM read are there under
 * their names as well. Times to the first token begin at arrival. Thread-safe.
 */
public final class EngineMetrics implements EngineObserver {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Tags model;
  private final LatencyMeters latencies;
  private final Map<String, DeviceGauges> devices = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> mailboxes = new ConcurrentHashMap<>();
  private final AtomicLong policyVersion = new AtomicLong();

  private final Counter promptTokens;
  private final Counter outputTokens;
  private final Counter deliveredTokens;
  private final Counter prefixQueries;
  private final Counter prefixHits;
  private final SpeculationMeters speculation;
  private final StepMeters steps;
  private final SloMeters slo;
  private final EngineGauges load;
  private final ControlGauges control;
  private final Counter preemptions;
  private final Counter paused;
  private final Counter resumed;

  /**
   * Counts for one model.
   *
   * @param modelName label of every metric
   */
  public EngineMetrics(String modelName) {
    model = Tags.of("model_name", modelName);
    latencies = new LatencyMeters(registry, model);
    promptTokens = counter("prompt_tokens", "Prompt tokens of finished requests");
    outputTokens = counter("generation_tokens", "Output tokens");
    deliveredTokens = counter("delivered_tokens", "Output tokens handed to streams");
    prefixQueries = counter("prefix_cache_queries", "Prompt tokens looked up in the prefix cache");
    prefixHits = counter("prefix_cache_hits", "Prompt tokens found in the prefix cache");
    speculation = new SpeculationMeters(registry, model);
    steps = new StepMeters(registry, model);
    slo = new SloMeters(registry, model);
    load = new EngineGauges(registry, model);
    control = new ControlGauges(registry, model);
    preemptions = counter("num_preemptions", "Sequences preempted");
    paused = ownCounter("streams_paused", "Requests paused for their consumer");
    resumed = ownCounter("streams_resumed", "Requests resumed after a pause");
    Gauge.builder("adaspec_policy_version", policyVersion, AtomicLong::get)
        .tags(model)
        .description("Version of the policy in force")
        .register(registry);
  }

  /** All metrics in the text format of Prometheus, with the engine's state of this moment. */
  public String scrape(EngineStatus status) {
    load.update(status);
    slo.update(status.attainment());
    control.update(status.control());
    status.devices().forEach(this::deviceChanged);
    status.mailboxes().forEach((actor, messages) -> mailbox(actor).set(messages));
    return registry.scrape();
  }

  @Override
  public void requestAccepted(InferenceRequest request) {
    count(
        "adaspec_requests_accepted",
        "Requests that admission let in",
        model.and(serviceClass(request.serviceClass())));
  }

  @Override
  public void requestRefused(InferenceRequest request, Refusal refusal) {
    Tags tags = model.and("reason", refusal.reason().name().toLowerCase(Locale.ROOT));
    String refused = "Requests that admission refused";
    count("adaspec_admission_rejections", refused, tags.and(serviceClass(request.serviceClass())));
    count("vllm:admission_rejections", refused, tags);
  }

  @Override
  public void requestFinished(GenerationSummary summary) {
    Tags byClass = model.and(serviceClass(summary.serviceClass()));
    Tags reason = Tags.of("finished_reason", reason(summary.reason()));
    String ended = "Requests that were let in and have ended";
    count("adaspec_requests", ended, byClass.and(reason));
    count("vllm:request_success", ended, model.and(reason));
    promptTokens.increment(summary.promptTokens());
    prefixQueries.increment(summary.promptTokens());
    prefixHits.increment(summary.cachedPromptTokens());
    slo.ended(summary);
    if (summary.reason() == FinishReason.STOP || summary.reason() == FinishReason.LENGTH) {
      latencies.record(summary, byClass);
    }
  }

  @Override
  public void tokensFollowed(ServiceClass serviceClass, long gapNanos) {
    latencies.recordGap(serviceClass, gapNanos);
  }

  @Override
  public void tokensDelivered(int tokens) {
    deliveredTokens.increment(tokens);
  }

  @Override
  public void stepCompleted(String device, StepReport report) {
    outputTokens.increment(report.emittedTokens());
    preemptions.increment(report.preemptions());
    latencies.recordStep(device, report);
  }

  @Override
  public void stepDecided(String device, StepDecision decision, StepReport report) {
    speculation.record(device, decision, report);
    steps.record(report);
  }

  @Override
  public void deviceChanged(EngineStatus.DeviceStatus device) {
    gauges(device.name()).update(device);
  }

  @Override
  public void policyChanged(PolicySnapshot policy) {
    policyVersion.set(policy.version());
  }

  @Override
  public void requestPaused() {
    paused.increment();
  }

  @Override
  public void requestResumed() {
    resumed.increment();
  }

  private DeviceGauges gauges(String device) {
    return devices.computeIfAbsent(
        device, name -> new DeviceGauges(registry, model.and("device", name)));
  }

  private AtomicInteger mailbox(String actor) {
    return mailboxes.computeIfAbsent(
        actor,
        name -> {
          AtomicInteger messages = new AtomicInteger();
          AliasedMeters.ownGauge(
              registry,
              "mailbox_messages",
              "Messages that wait for an actor of the engine",
              model.and("actor", name),
              messages,
              AtomicInteger::get);
          return messages;
        });
  }

  /** Counts one in a meter whose labels are known only now. */
  private void count(String name, String description, Tags tags) {
    Counter.builder(name).description(description).tags(tags).register(registry).increment();
  }

  private Counter counter(String name, String description) {
    return AliasedMeters.counter(registry, name, description, model);
  }

  private Counter ownCounter(String name, String description) {
    return AliasedMeters.ownCounter(registry, name, description, model);
  }

  static Tag serviceClass(Enum<?> serviceClass) {
    return Tag.of("service_class", serviceClass.name().toLowerCase(Locale.ROOT));
  }

  private static String reason(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case CANCELLED -> "abort";
      case SLOW_CONSUMER -> "slow_consumer";
      case FAILED -> "error";
    };
  }
}
