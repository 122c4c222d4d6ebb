package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class TokenGapsTest {
  @Test
  void everyStepWithOutputButTheFirstEndsAGapHoweverManyTokensItGave() {
    Queue<Long> gapNanos = new ConcurrentLinkedQueue<>();
    EngineObserver observer =
        new EngineObserver() {
          @Override
          public void tokensFollowed(ServiceClass serviceClass, long nanos) {
            assertThat(serviceClass).isEqualTo(ServiceClass.INTERACTIVE);
            gapNanos.add(nanos);
          }
        };
    try (EngineFixture fixture = new EngineFixture()) {
      Engine engine =
          Engine.builder(EngineFixture.model("gaps"))
              .settings(fixture.settings().withPolicy(EngineFixture.fixed(3)))
              .device(TestDevice.running(EngineFixture.SIM).opener())
              .observer(observer)
              .start(fixture.kit.system());
      InferenceRequest request =
          EngineFixture.request(engine, "r", 1, 50).serviceClass(ServiceClass.INTERACTIVE).build();

      GenerationSummary summary = EngineFixture.summary(fixture.run(engine, request));

      assertThat(gapNanos).hasSize(summary.steps() - 1).hasSizeLessThan(49);
      long decodeNanos = gapNanos.stream().mapToLong(Long::longValue).sum();
      assertThat(decodeNanos / 49).isEqualTo(summary.tpotNanos());
    }
  }
}
