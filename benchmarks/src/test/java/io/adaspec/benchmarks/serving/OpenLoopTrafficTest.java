package io.adaspec.benchmarks.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.benchmarks.serving.OpenLoopTraffic.Arrival;
import io.adaspec.benchmarks.serving.OpenLoopTraffic.PromptSource;
import io.adaspec.runtime.request.ServiceClass;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenLoopTrafficTest {
  private static final ServingPlan PLAN =
      new ServingPlan(
          List.of("off", "slo"),
          List.of(0.5, 1.0),
          10,
          50,
          16,
          8,
          0,
          TargetRule.parse("interactive=1:10:2,batch=3:20:5"),
          7);

  private final OpenLoopTraffic traffic =
      new OpenLoopTraffic(PLAN, PromptSource.random(32_000, PLAN.seed()));

  @Test
  void gapsAreThoseOfAPoissonProcess() {
    List<Double> gaps = new ArrayList<>();
    for (int block = 0; block < 20; block++) {
      double last = 0;
      for (Arrival arrival : traffic.block(1, block, 10)) {
        gaps.add(arrival.seconds() - last);
        last = arrival.seconds();
      }
      assertThat(last).isLessThan(PLAN.blockSeconds());
    }
    double mean = gaps.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    double variance =
        gaps.stream().mapToDouble(gap -> (gap - mean) * (gap - mean)).average().orElseThrow();
    assertThat(gaps.size()).isBetween(9_600, 10_400);
    assertThat(mean).isEqualTo(0.1, within(0.004));
    assertThat(Math.sqrt(variance) / mean).isEqualTo(1, within(0.03));
  }

  @Test
  void sameBlockIsTheSameTrafficAndAnotherIsNot() {
    assertThat(traffic.block(1, 3, 10)).isEqualTo(traffic.block(1, 3, 10));
    assertThat(traffic.block(1, 3, 10)).isNotEqualTo(traffic.block(1, 4, 10));
    assertThat(traffic.block(0.5, 3, 10)).isNotEqualTo(traffic.block(1, 3, 10));
  }

  @Test
  void promptsAreDistinctAndOfTheirLength() {
    List<Arrival> arrivals = new ArrayList<>(traffic.block(1, 0, 10));
    arrivals.addAll(traffic.block(1, 1, 10));
    assertThat(arrivals.stream().map(Arrival::prompt).distinct()).hasSameSizeAs(arrivals);
    assertThat(arrivals).allMatch(arrival -> arrival.prompt().size() == PLAN.promptTokens());
  }

  @Test
  void classesHaveTheirShares() {
    List<Arrival> arrivals = traffic.block(1, 0, 100);
    double interactive =
        arrivals.stream().filter(a -> a.rule().serviceClass() == ServiceClass.INTERACTIVE).count();
    assertThat(interactive / arrivals.size()).isEqualTo(0.25, within(0.03));
  }

  @Test
  void policiesTakeTurnsInAlternatingOrder() {
    assertThat(PLAN.order(0)).containsExactly("off", "slo");
    assertThat(PLAN.order(1)).containsExactly("slo", "off");
  }
}
