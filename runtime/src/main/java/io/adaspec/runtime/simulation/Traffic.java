package io.adaspec.runtime.simulation;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import java.util.ArrayList;
import java.util.List;

/**
 * One stream of similar requests.
 *
 * @param name part of the requests' ids
 * @param serviceClass their class
 * @param arrivals when they come
 * @param lengths how long they are
 * @param slo their targets
 * @param sharedPrefix tokens at the beginning that all prompts of the stream have in common
 */
public record Traffic(
    String name,
    ServiceClass serviceClass,
    Arrivals arrivals,
    Lengths lengths,
    Slo slo,
    int sharedPrefix) {

  /**
   * Targets, absolute or as multiples of what an idle device does: TTFT of a plain pass over
   * {@value #PROMPT} prompt tokens, TPOT of a plain step of one sequence with as much context.
   *
   * @param ttftMillis 0 for none
   * @param tpotMillis 0 for none
   * @param ttftScale added as a multiple
   * @param tpotScale added as a multiple
   */
  public record Slo(double ttftMillis, double tpotMillis, double ttftScale, double tpotScale) {
    private static final int PROMPT = 512;

    /** No targets. */
    public static Slo none() {
      return new Slo(0, 0, 0, 0);
    }

    /** Multiples of an idle device's times. */
    public static Slo scaled(double ttft, double tpot) {
      return new Slo(0, 0, ttft, tpot);
    }

    /** The targets on a device of that cost. */
    public SloTarget on(CostModel cost) {
      double overhead = cost.overheadNanos(1);
      long reads = BatchView.contextReads(0, PROMPT);
      double prefill = overhead + cost.targetPassNanos(PROMPT, reads);
      double step = overhead + cost.targetPassNanos(1, PROMPT);
      return new SloTarget(
          target(1e6 * ttftMillis + prefill * ttftScale),
          target(1e6 * tpotMillis + step * tpotScale));
    }

    private static long target(double nanos) {
      return nanos > 0 ? Math.max(1, Math.round(nanos)) : SloTarget.NONE;
    }
  }

  /**
   * The requests of the first {@code seconds}.
   *
   * @param capacity requests of this stream's lengths per second that count as a load of 1
   */
  List<InferenceRequest> requests(
      double seconds, double capacity, DeviceInfo device, CostModel cost, long seed) {
    List<InferenceRequest> requests = new ArrayList<>();
    Draws lengthDraws = new Draws(seed, name + " lengths");
    Draws textDraws = new Draws(seed, name + " texts");
    int[] prefix = text(sharedPrefix, device.vocabularySize(), new Draws(seed, name + " prefix"));
    SloTarget target = slo.on(cost);
    for (double time : arrivals.times(seconds, capacity, new Draws(seed, name + " arrivals"))) {
      Lengths.Kind kind = lengths.kinds().get(lengthDraws.below(lengths.kinds().size()));
      int output = Math.min(kind.output(lengthDraws), device.capacityTokens() / 2);
      int own = Math.min(kind.prompt(lengthDraws), device.capacityTokens() - output - 1);
      int[] prompt = text(own, device.vocabularySize(), textDraws);
      System.arraycopy(prefix, 0, prompt, 0, Math.min(prefix.length, Math.max(0, own - 1)));
      long number = requests.size();
      requests.add(
          InferenceRequest.builder(
                  name + "-" + number, TokenIds.of(prompt), output, Math.round(1e9 * time))
              .serviceClass(serviceClass)
              .slo(target)
              .sampling(new SamplingParams(0, 0, 1, 0, number))
              .build());
    }
    return requests;
  }

  private static int[] text(int tokens, int vocabulary, Draws draws) {
    int[] text = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      text[i] = draws.below(vocabulary);
    }
    return text;
  }
}
