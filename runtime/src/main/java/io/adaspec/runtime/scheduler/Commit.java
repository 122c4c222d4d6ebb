package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.StepGains;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Folds one step's result into its sequences: appends tokens up to the first stop token or limit,
 * notes what is computed, gives back look-ahead blocks, and frees who is finished or cancelled.
 */
final class Commit {
  private final DeviceInfo device;
  private final Residents residents;
  private final KvMemory kv;
  private final long nowNanos;
  private final List<TokenEmission> emissions = new ArrayList<>();
  private final List<StepReport.Drafted> drafted = new ArrayList<>();
  private final List<Sequence> reported = new ArrayList<>();
  private final List<Double> outputShares = new ArrayList<>();
  private int emittedTokens;

  Commit(DeviceInfo device, Residents residents, KvMemory kv, long nowNanos) {
    this.device = device;
    this.residents = residents;
    this.kv = kv;
    this.nowNanos = nowNanos;
  }

  List<TokenEmission> emissions() {
    return emissions;
  }

  List<StepReport.Drafted> drafted() {
    return drafted;
  }

  /** Of every sequence that ended: its output tokens as a share of its limit. */
  List<Double> outputShares() {
    return outputShares;
  }

  int emittedTokens() {
    return emittedTokens;
  }

  /**
   * Refuses a result that does not answer the plan.
   *
   * @throws IllegalArgumentException naming the sequence
   */
  static void check(StepPlan plan, StepResult result) {
    if (result.sequences().size() != plan.work().size()) {
      throw new IllegalArgumentException(
          "result of step "
              + plan.id()
              + " has "
              + result.sequences().size()
              + " sequences, its plan "
              + plan.work().size());
    }
    for (int i = 0; i < plan.work().size(); i++) {
      check(plan.work().get(i), result.sequences().get(i));
    }
  }

  private static void check(SequenceWork work, SequenceResult result) {
    int expected = work.computed() + work.rows() + result.accepted();
    boolean emits = result.emitted().length == (work.samples() ? result.accepted() + 1 : 0);
    if (result.sequence() != work.sequence()
        || result.drafted() > work.draftCap()
        || result.computed() != expected
        || !emits) {
      throw new IllegalArgumentException(
          "result of sequence "
              + result.sequence()
              + " does not answer its work: computed "
              + result.computed()
              + " of "
              + expected
              + ", emitted "
              + result.emitted().length
              + ", drafted "
              + result.drafted()
              + " of "
              + work.draftCap());
    }
  }

  void fold(Sequence sequence, SequenceWork work, SequenceResult result) {
    int before = sequence.knownTokens();
    double acceptanceRate = sequence.acceptanceRate();
    sequence.observeDraft(result.verified(), result.accepted());
    if (sequence.isCancelled()) {
      kv.release(sequence);
      residents.remove(sequence);
      return;
    }
    int kept = keptTokens(sequence, result.emitted());
    Optional<FinishReason> finish = finish(sequence, result.emitted(), kept);
    int first = sequence.outputTokens();
    sequence.append(result.emitted(), kept, nowNanos);
    int computed = Math.min(result.computed(), sequence.knownTokens());
    kv.settle(sequence, computed, draftComputed(sequence, work, result));
    if (kept > 0 || finish.isPresent()) {
      int[] tokens = result.emitted();
      emissions.add(
          new TokenEmission(
              sequence.id(),
              first,
              kept == tokens.length ? tokens : Arrays.copyOf(tokens, kept),
              finish,
              sequence.statistics()));
    }
    if (finish.isPresent()) {
      outputShares.add((double) sequence.outputTokens() / sequence.request().maxOutputTokens());
      kv.release(sequence);
      residents.remove(sequence);
    }
    emittedTokens += sequence.knownTokens() - before;
    reported.add(sequence);
    drafted.add(
        new StepReport.Drafted(
            result.sequence(),
            work.drafter(),
            result.drafted(),
            result.verified(),
            result.accepted(),
            kept,
            result.confidences(),
            result.margins(),
            acceptanceRate));
  }

  /** Credits every sequence with what its drafts gained. */
  void earn(StepReport report, StepGains gains) {
    for (int i = 0; i < reported.size(); i++) {
      StepReport.Drafted own = drafted.get(i);
      double share = gains.bySequence()[i] / Math.max(1, report.totalNanos());
      reported.get(i).earn(own.drafted() > 0 ? own.drafter() : DrafterKind.NONE, share);
    }
  }

  /** Emitted tokens before the first stop token and within the output and context limits. */
  private int keptTokens(Sequence sequence, int[] emitted) {
    int most =
        Math.min(
            emitted.length,
            Math.min(sequence.remainingOutput(), device.capacityTokens() - sequence.knownTokens()));
    TokenIds stops = sequence.request().stopTokens();
    for (int i = 0; i < most; i++) {
      if (stops.contains(emitted[i])) {
        return i;
      }
    }
    return most;
  }

  private Optional<FinishReason> finish(Sequence sequence, int[] emitted, int kept) {
    if (kept < emitted.length && sequence.request().stopTokens().contains(emitted[kept])) {
      return Optional.of(FinishReason.STOP);
    }
    boolean atLimit =
        kept == sequence.remainingOutput()
            || sequence.knownTokens() + kept >= device.capacityTokens();
    return atLimit ? Optional.of(FinishReason.LENGTH) : Optional.empty();
  }

  private static int draftComputed(Sequence sequence, SequenceWork work, SequenceResult result) {
    if (work.drafter() != DrafterKind.MODEL) {
      return sequence.draftComputed();
    }
    return Math.min(result.draftComputed(), sequence.knownTokens() - 1);
  }
}
