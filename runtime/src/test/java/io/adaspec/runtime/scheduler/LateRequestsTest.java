package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests that cannot meet their TTFT target any more. */
class LateRequestsTest {
  private static final int CAPACITY = 1000;

  private final WaitingQueue queue = new WaitingQueue(100, 100_000);

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

  private void submit(String id, long arrival, long ttft) {
    queue.submit(
        InferenceRequest.builder(id, TokenIds.of(new int[10]), 5, arrival)
            .serviceClass(ServiceClass.STANDARD)
            .slo(new SloTarget(ttft, SloTarget.NONE))
            .build());
  }

  private String first() {
    return queue.first(CAPACITY, each -> true).orElseThrow().id().value();
  }
}
