package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.device.profile.BackgroundProfile;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Verifier;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** A device is profiled while it has nothing else to do. */
class BackgroundProfileTest {
  private static final CostModel FIRST_GUESS =
      CostProfile.of(SimulatedDeviceProvider.openSimulated("sim:cpu-110m").cost());

  @Test
  void theSchedulerReckonsWithTheProfileOnceItIsMeasuredAndTextsStayTheSame() {
    CompletableFuture<CostProfile> done = new CompletableFuture<>();
    Queue<CostModel> costs = new ConcurrentLinkedQueue<>();
    try (EngineFixture fixture = new EngineFixture()) {
      Engine engine =
          Engine.builder(EngineFixture.model("profiled"))
              .device(
                  new DeviceOpener(
                      EngineFixture.SIM,
                      () -> SimulatedDeviceProvider.openSimulated(EngineFixture.SIM),
                      device -> FIRST_GUESS,
                      device -> BackgroundProfile.of(device, done::complete)))
              .settings(
                  fixture
                      .settings()
                      .withPolicy(
                          new PolicySnapshot(0, "slo", DrafterKind.MODEL, 8, Verifier.COUPLED)))
              .observer(
                  new EngineObserver() {
                    @Override
                    public void stepDecided(
                        String device, StepDecision decision, StepReport report) {
                      costs.add(decision.cost());
                    }
                  })
              .start(fixture.kit.system());
      CostProfile profile = EngineFixture.await(done);

      InferenceRequest late = EngineFixture.request(engine, "late", 2, 60).build();
      List<TokenEvent> events = fixture.run(engine, late);
      assertThat(EngineFixture.text(events)).isEqualTo(EngineFixture.oracle(late));
      assertThat(List.copyOf(costs)).last().isEqualTo(profile);
      SimulatedDevice device = SimulatedDeviceProvider.openSimulated(EngineFixture.SIM);
      double truth = device.cost().targetPassNanos(4, 400);
      assertThat(profile.targetPassNanos(4, 400)).isCloseTo(truth, within(0.1 * truth));
    }
  }
}
