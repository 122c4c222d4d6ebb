package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that cannot meet their TTFT target any more. */
class LateRequestsTest {
  private static final int CAPACITY = 1000;

  private final WaitingQueue queue = new WaitingQueue(1000, 100_000);

  @Test
  void whoCanStillMeetItsTargetGoesFirst() {
    submit("lost", 0, 100);
    submit("hopeful", 10, 500);

    queue.judge(200, 0);

    assertThat(first()).isEqualTo("hopeful");
    assertThat(queue.view(200).promptTokens()).isEqualTo(10);
    assertThat(queue.view(200).requests()).isEqualTo(2);
  }

  @Test
  void whosePromptTakesLongerThanItHasLeftIsLateAlready() {
    submit("tight", 0, 100);
    submit("loose", 1, 1000);

    queue.judge(50, 1);
    assertThat(first()).isEqualTo("tight");

    queue.judge(50, 10);
    assertThat(first()).isEqualTo("loose");

    queue.judge(50, 1);
    assertThat(first()).isEqualTo("tight");
  }

  @Test
  void oneOfEightPlacesIsForThoseThatWaitedInVain() {
    for (int i = 0; i < 3; i++) {
      submit("lost" + i, i, 10);
    }
    for (int i = 0; i < 30; i++) {
      submit("hopeful" + i, i, 1_000_000);
    }
    queue.judge(5000, 0);
    List<String> order = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      Sequence taken = queue.first(CAPACITY, each -> true).orElseThrow();
      order.add(taken.id().value());
      queue.take(taken);
    }

    assertThat(order.get(7)).isEqualTo("lost0");
    assertThat(order.get(15)).isEqualTo("lost1");
    assertThat(order.get(23)).isEqualTo("lost2");
    assertThat(order.stream().filter(id -> id.startsWith("hopeful"))).hasSize(21);
  }

  /** Sums and judgements that are kept, beside those that every request is asked for. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatIsKeptOfTheLateIsWhatAskingEachOfThemGives(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<InferenceRequest> waiting = new ArrayList<>();
    ServiceClass[] classes = ServiceClass.values();
    for (int now = 0; now < 300; now++) {
      ServiceClass of = classes[random.nextInt(classes.length)];
      InferenceRequest added = request("r" + now, now, random.nextInt(1, 100), of, 1 + now % 9);
      waiting.add(added);
      queue.submit(added);
      if (random.nextInt(3) == 0) {
        queue.cancel(waiting.remove(random.nextInt(waiting.size())).id());
      }
      double nanosPerToken = random.nextDouble(5);
      queue.judge(now, nanosPerToken);

      InferenceRequest probe = request("probe", now, random.nextInt(1, 100), of, 1);
      List<InferenceRequest> before = before(probe, waiting, now, nanosPerToken);
      assertThat(queue.positionOf(probe)).isEqualTo(before.size());
      assertThat(queue.tokensBefore(probe))
          .isEqualTo(before.stream().mapToLong(each -> each.prompt().size()).sum());
      assertThat(queue.view(now).requests()).isEqualTo(waiting.size());
    }
  }

  private static List<InferenceRequest> before(
      InferenceRequest probe, List<InferenceRequest> waiting, long now, double nanosPerToken) {
    List<InferenceRequest> before = new ArrayList<>();
    for (InferenceRequest each : waiting) {
      Sequence judged = new Sequence(each);
      judged.judge(now, nanosPerToken);
      boolean higher = each.serviceClass().compareTo(probe.serviceClass()) < 0;
      boolean moreUrgent = WaitingQueue.URGENCY.compare(judged, new Sequence(probe)) < 0;
      if (judged.isLate() ? higher : moreUrgent) {
        before.add(each);
      }
    }
    return before;
  }

  private static InferenceRequest request(
      String id, long arrival, long ttft, ServiceClass of, int promptTokens) {
    return InferenceRequest.builder(id, TokenIds.of(new int[promptTokens]), 5, arrival)
        .serviceClass(of)
        .slo(new SloTarget(ttft, SloTarget.NONE))
        .build();
  }

  private void submit(String id, long arrival, long ttft) {
    queue.submit(request(id, arrival, ttft, ServiceClass.STANDARD, 10));
  }

  private String first() {
    return queue.first(CAPACITY, each -> true).orElseThrow().id().value();
  }
}
