package io.adaspec.runtime.device;

import io.adaspec.runtime.kvcache.KvSharing;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PayingDrafters;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.TokenHistory;
import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/** The least of a scheduler that drives a {@link StepRunner}: sequences, blocks, commits. */
final class StepHarness {
  /** One request under way. */
  static final class Sequence {
    final int number;
    final int promptTokens;
    final int outputTokens;
    final SamplingParams sampling;
    int[] tokens;
    int size;
    int computed;
    int draftStart;
    int draftComputed;
    int[] blocks = new int[0];
    int[] draftBlocks = new int[0];
    int drafted;
    int verified;
    int accepted;

    private Sequence(int number, int[] prompt, int outputTokens, SamplingParams sampling) {
      this.number = number;
      this.promptTokens = prompt.length;
      this.outputTokens = outputTokens;
      this.sampling = sampling;
      this.tokens = Arrays.copyOf(prompt, prompt.length + outputTokens + 32);
      this.size = prompt.length;
    }

    boolean done() {
      return size >= promptTokens + outputTokens;
    }

    List<Integer> output() {
      return Arrays.stream(tokens, promptTokens, promptTokens + outputTokens).boxed().toList();
    }
  }

  final List<Sequence> sequences = new ArrayList<>();
  private final Function<StepPlan, StepResult> device;
  private final boolean drafts;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private final ArrayDeque<Integer> draftFree = new ArrayDeque<>();
  private final int blockTokens;
  private Verifier verifier = Verifier.COUPLED;
  private long steps;

  StepHarness(ModelRunner target, Optional<ModelRunner> draft, long seed) {
    this(
        new StepRunner(target, draft, NanoClock.system())::execute,
        target.kvGeometry().blockTokens(),
        shuffled(0, target.kvBlocks(), seed),
        shuffled(0, draft.map(ModelRunner::kvBlocks).orElse(0), seed + 1));
  }

  StepHarness(Device device, long seed) {
    this(
        device::execute,
        device.info().blockTokens(),
        shuffled(0, device.info().kvBlocks(), seed),
        shuffled(0, device.info().draftKvBlocks(), seed + 1));
  }

  /** Target blocks in the first half of the draft's memory, draft blocks in what remains of it. */
  static StepHarness inDraftMemory(Device device, long seed) {
    KvSharing sharing = device.info().sharing();
    int blocks = device.info().lendableKvBlocks() / 2;
    int firstDraft = sharing.lastDraft(blocks - 1) + 1;
    return new StepHarness(
        device::execute,
        device.info().blockTokens(),
        shuffled(sharing.firstLent(), sharing.firstLent() + blocks, seed),
        shuffled(firstDraft, device.info().draftKvBlocks(), seed + 1));
  }

  private StepHarness(
      Function<StepPlan, StepResult> device,
      int blockTokens,
      List<Integer> blocks,
      List<Integer> draftBlocks) {
    this.device = device;
    this.drafts = !draftBlocks.isEmpty();
    this.blockTokens = blockTokens;
    free.addAll(blocks);
    draftFree.addAll(draftBlocks);
  }

  StepHarness verifier(Verifier value) {
    verifier = value;
    return this;
  }

  Sequence add(int[] prompt, int outputTokens, SamplingParams sampling) {
    Sequence sequence = new Sequence(sequences.size(), prompt, outputTokens, sampling);
    sequences.add(sequence);
    return sequence;
  }

  /** Runs every sequence to its end, all in every step. */
  StepHarness finish(SpeculationStrategy strategy, int chunk) {
    while (sequences.stream().anyMatch(s -> !s.done())) {
      step(strategy, chunk, sequences.stream().filter(s -> !s.done()).toList());
    }
    return this;
  }

  /** Gives all its blocks back: everything must be computed again, in other blocks. */
  void preempt(Sequence sequence) {
    for (int block : sequence.blocks) {
      free.addLast(block);
    }
    sequence.blocks = new int[0];
    sequence.computed = 0;
    dropDraft(sequence);
  }

  /** Gives its draft blocks back. */
  void dropDraft(Sequence sequence) {
    for (int block : sequence.draftBlocks) {
      draftFree.addLast(block);
    }
    sequence.draftBlocks = new int[0];
    sequence.draftStart = 0;
    sequence.draftComputed = 0;
  }

  StepResult step(SpeculationStrategy strategy, int chunk, List<Sequence> batch) {
    List<BatchView.Entry> entries = new ArrayList<>();
    for (Sequence s : batch) {
      int rows = Math.min(chunk, s.size - s.computed);
      boolean samples = s.computed + rows == s.size;
      int room = s.promptTokens + s.outputTokens - s.size - 1;
      entries.add(
          new BatchView.Entry(
              s.number,
              s.computed,
              rows,
              samples,
              samples ? Math.max(0, room) : 0,
              s.size - s.draftComputed,
              s.draftStart,
              s.size - s.promptTokens,
              ServiceClass.STANDARD,
              SloTarget.none(),
              0,
              Integer.MAX_VALUE,
              false,
              s.verified == 0 ? Double.NaN : (double) s.accepted / s.verified,
              DrafterKind.MODEL,
              PayingDrafters.ALL));
    }
    BatchView view = new BatchView(entries);
    CostModel cost = new LinearCost();
    DraftChoices choices = strategy.choose(view, cost);
    List<SequenceWork> work = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      work.add(work(batch.get(i), entries.get(i).rows(), choices, i));
    }
    StepResult result = device.apply(new StepPlan(steps++, work, view, strategy, cost, verifier));
    for (int i = 0; i < batch.size(); i++) {
      commit(batch.get(i), result.sequences().get(i));
    }
    return result;
  }

  private SequenceWork work(Sequence s, int rows, DraftChoices choices, int index) {
    int cap = choices.caps()[index];
    s.blocks = reserve(s.blocks, s.computed + rows + cap, free);
    int[] draftBlocks = new int[0];
    if (drafts && cap > 0) {
      if (choices.reads()[index] < s.size - s.draftComputed) {
        dropDraft(s);
        s.draftStart = s.size - choices.reads()[index];
        s.draftComputed = s.draftStart;
      }
      s.draftBlocks = reserve(s.draftBlocks, s.size - s.draftStart + cap, draftFree);
      draftBlocks = s.draftBlocks;
    }
    return new SequenceWork(
        s.number,
        new TokenHistory(s.tokens, s.size, s.promptTokens),
        s.computed,
        rows,
        s.blocks,
        s.sampling,
        choices.drafters()[index],
        cap,
        s.draftStart,
        s.draftComputed,
        draftBlocks);
  }

  private int[] reserve(int[] table, int tokens, ArrayDeque<Integer> pool) {
    int needed = Math.ceilDiv(tokens, blockTokens);
    int[] grown = Arrays.copyOf(table, Math.max(table.length, needed));
    for (int i = table.length; i < grown.length; i++) {
      grown[i] = pool.removeFirst();
    }
    return grown;
  }

  private void commit(Sequence s, SequenceResult result) {
    for (int token : result.emitted()) {
      s.tokens[s.size++] = token;
    }
    s.computed = result.computed();
    s.draftComputed = result.draftComputed();
    s.drafted += result.drafted();
    s.verified += result.verified();
    s.accepted += result.accepted();
    if (s.draftComputed >= s.size || (s.computed >= s.size && result.emitted().length > 0)) {
      throw new AssertionError("the last token cannot be computed yet: " + result);
    }
  }

  private static List<Integer> shuffled(int first, int end, long seed) {
    List<Integer> ids = new ArrayList<>();
    for (int i = first; i < end; i++) {
      ids.add(i);
    }
    Collections.shuffle(ids, new Random(seed));
    return ids;
  }

  /** A pass of many rows costs more than one of few. */
  static final class LinearCost implements CostModel {
    @Override
    public double targetPassNanos(int rows, long contextTokens) {
      return rows == 0 ? 0 : 1e6 + rows * 1e5;
    }

    @Override
    public double draftPassNanos(int rows, long contextTokens) {
      return rows == 0 ? 0 : 1e5 + rows * 1e4;
    }

    @Override
    public double overheadNanos(int sequences) {
      return sequences * 1e3;
    }
  }
}
