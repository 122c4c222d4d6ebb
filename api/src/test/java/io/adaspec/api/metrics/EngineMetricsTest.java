package io.adaspec.api.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.actors.EngineStatus;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.SloAttainment;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.WaitingView;
import io.adaspec.runtime.speculation.control.ControlReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EngineMetricsTest {
  private static final SloTarget TARGETS = new SloTarget(10_000_000, 1_000_000);
  private final EngineMetrics metrics = new EngineMetrics("m");

  private static GenerationSummary ended(FinishReason reason, long tpotNanos, SloTarget slo) {
    return new GenerationSummary(
        new RequestId("r"),
        reason,
        10,
        0,
        50,
        0,
        0,
        50,
        1_000,
        5_000_000,
        tpotNanos,
        60_000_000,
        ServiceClass.INTERACTIVE,
        slo);
  }

  private String scrape() {
    return metrics.scrape(
        new EngineStatus(
            true,
            false,
            "",
            List.of(),
            0,
            0,
            0,
            0,
            PolicySnapshot.plain(),
            SloAttainment.none(),
            ControlReport.none(),
            Map.of("batching", 3, "device cpu", 1)));
  }

  private double value(String sample) {
    return scrape()
        .lines()
        .filter(line -> line.startsWith(sample + "} "))
        .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 2)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no " + sample));
  }

  private double judged(boolean met) {
    return value(
        "adaspec_slo_requests_total{met=\"%s\",model_name=\"m\",service_class=\"interactive\""
            .formatted(met));
  }

  private double goodput() {
    return value("adaspec_goodput_tokens_total{model_name=\"m\",service_class=\"interactive\"");
  }

  @Test
  void aRequestThatFailedMissedItsTargetsHoweverFastItWas() {
    metrics.requestFinished(ended(FinishReason.FAILED, 500_000, TARGETS));
    assertThat(judged(false)).isEqualTo(1);
    assertThat(judged(true)).isZero();
    assertThat(goodput()).isZero();
  }

  @Test
  void goodputCountsTheTokensOfRequestsThatMetAllTheirTargets() {
    metrics.requestFinished(ended(FinishReason.STOP, 1_000_000, TARGETS));
    metrics.requestFinished(ended(FinishReason.LENGTH, 1_000_001, TARGETS));
    assertThat(judged(true)).isEqualTo(1);
    assertThat(judged(false)).isEqualTo(1);
    assertThat(goodput()).isEqualTo(50);
  }

  @Test
  void requestsThatTheirClientEndedAreNotJudgedNorAreThoseWithoutTargets() {
    metrics.requestFinished(ended(FinishReason.CANCELLED, 1, TARGETS));
    metrics.requestFinished(ended(FinishReason.SLOW_CONSUMER, 1, TARGETS));
    metrics.requestFinished(ended(FinishReason.STOP, 1, SloTarget.none()));
    assertThat(judged(true) + judged(false)).isZero();
  }

  @Test
  void aGapBetweenTokensIsCountedOnceUnderBothNames() {
    metrics.tokensFollowed(ServiceClass.BATCH, 3_000_000);
    metrics.tokensFollowed(ServiceClass.BATCH, 5_000_000);
    String own = "adaspec_inter_token_latency_seconds_%s{model_name=\"m\",service_class=\"batch\"";
    assertThat(value(own.formatted("count"))).isEqualTo(2);
    assertThat(value(own.formatted("sum"))).isEqualTo(0.008);
    assertThat(value("vllm:inter_token_latency_seconds_count{model_name=\"m\"")).isEqualTo(2);
  }

  @Test
  void theMeanTimePerTokenOfARequestIsNotAGap() {
    metrics.requestFinished(ended(FinishReason.STOP, 1_000_000, TARGETS));
    assertThat(value("vllm:inter_token_latency_seconds_count{model_name=\"m\"")).isZero();
    assertThat(value("vllm:request_time_per_output_token_seconds_count{model_name=\"m\""))
        .isEqualTo(1);
  }

  @Test
  void draftTokensAreThoseThatAVerifyPassLookedAt() {
    metrics.stepDecided("cpu", decision(), report(4, 0, 0));
    metrics.stepDecided("cpu", decision(), report(4, 3, 2));
    assertThat(value("adaspec_spec_decode_num_proposed_tokens_total{model_name=\"m\""))
        .isEqualTo(8);
    for (String prefix : List.of("adaspec_", "vllm:")) {
      String name = prefix + "spec_decode_num_%s_total{model_name=\"m\"";
      assertThat(value(name.formatted("drafts"))).isEqualTo(1);
      assertThat(value(name.formatted("draft_tokens"))).isEqualTo(3);
      assertThat(value(name.formatted("accepted_tokens"))).isEqualTo(2);
    }
  }

  @Test
  void draftingIsWastedByTheShareOfTokensThatWereNotAccepted() {
    metrics.stepDecided("cpu", decision(), report(4, 3, 1));
    metrics.stepDecided("cpu", decision(), report(2, 2, 2));
    metrics.stepDecided("cpu", decision(), report(0, 0, 0));
    assertThat(value("adaspec_draft_seconds_total{model_name=\"m\"")).isEqualTo(1.5);
    assertThat(value("adaspec_draft_wasted_seconds_total{model_name=\"m\"")).isEqualTo(0.375);
  }

  @Test
  void theRowsOfAStepAreToldApart() {
    metrics.stepDecided("cpu", decision(), report(4, 3, 1));
    String rows = "adaspec_step_rows_sum{kind=\"%s\",model_name=\"m\"";
    assertThat(value(rows.formatted("prefill"))).isEqualTo(5);
    assertThat(value(rows.formatted("draft"))).isEqualTo(3);
    assertThat(value(rows.formatted("decode"))).isEqualTo(1);
  }

  @Test
  void mailboxesAreThoseOfTheLastStatus() {
    assertThat(value("adaspec_mailbox_messages{actor=\"batching\",model_name=\"m\"")).isEqualTo(3);
    assertThat(value("adaspec_mailbox_messages{actor=\"device cpu\",model_name=\"m\""))
        .isEqualTo(1);
  }

  @Test
  void everyMetricSaysWhatItIs() {
    InferenceRequest request = InferenceRequest.builder("r", TokenIds.of(1), 1, 0).build();
    metrics.requestAccepted(request);
    metrics.requestRefused(
        request,
        new Refusal(Refusal.Reason.QUEUE_FULL, "full", Duration.ZERO, Duration.ofSeconds(1)));
    metrics.requestFinished(ended(FinishReason.STOP, 1_000_000, TARGETS));
    metrics.tokensFollowed(ServiceClass.BATCH, 1);
    metrics.stepCompleted("cpu", report(4, 3, 2));
    metrics.stepDecided("cpu", decision(), report(4, 3, 2));
    assertThat(scrape().lines().filter(line -> line.startsWith("# HELP ")))
        .hasSizeGreaterThan(50)
        .allMatch(line -> line.strip().split(" ", 4).length == 4);
  }

  private static StepDecision decision() {
    return new StepDecision(
        WaitingView.empty(),
        new BatchView(List.of()),
        PolicySnapshot.plain(),
        SimulatedDeviceProvider.openSimulated("sim:tiny").cost(),
        0);
  }

  private static StepReport report(int drafted, int verified, int accepted) {
    StepReport.Drafted sequence =
        new StepReport.Drafted(
            1,
            DrafterKind.NGRAM,
            drafted,
            verified,
            accepted,
            accepted + 1,
            new float[drafted],
            new float[drafted],
            0.5);
    return new StepReport(
        1,
        1,
        "slo",
        0,
        1e9,
        1_000_000_000,
        1_000_000_000,
        500_000_000,
        500_000_000,
        0,
        0,
        0,
        5 + 1 + verified,
        0,
        5,
        1,
        0,
        List.of(sequence));
  }
}
