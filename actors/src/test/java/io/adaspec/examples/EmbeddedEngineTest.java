package io.adaspec.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.actors.CharTokenizer;
import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.TinyModels;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedEngineTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void anApplicationServesAModelFile() throws Exception {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "somebodys-application");
    EmbeddedModel tiny = EmbeddedModel.open("tiny", TinyModels.writeLlama(folder));
    try (LoadedModel _ = tiny.file()) {
      EmbeddedEngine application = new EmbeddedEngine(system, tiny.model(), tiny.cpu());
      List<String> texts = new CopyOnWriteArrayList<>();
      GenerationSummary summary =
          application
              .answer("request-1", "abc", texts::add)
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS);
      assertThat(summary.outputTokens()).isEqualTo(32);
      assertThat(texts).isNotEmpty();
      application.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void anApplicationHostsTheEngineInItsOwnActorSystem() throws Exception {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "somebodys-application");
    try {
      EngineModel model = new EngineModel("simulated", CharTokenizer.ascii(64), 1024);
      DeviceOpener device =
          new DeviceOpener(
              "sim:tiny,vocab=64",
              () -> SimulatedDeviceProvider.openSimulated("sim:tiny,vocab=64"),
              open -> ((SimulatedDevice) open).cost());
      EmbeddedEngine application = new EmbeddedEngine(system, model, device);
      List<String> texts = new CopyOnWriteArrayList<>();
      GenerationSummary summary =
          application
              .answer("request-1", "Hello=Hello", texts::add)
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS);
      assertThat(String.join("", texts)).hasSize(32);
      assertThat(summary.draftTokens()).as("the default policy speculates").isPositive();
      assertThat(summary.outputTokens()).isEqualTo(32);
      application.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertThat(system.whenTerminated().isCompleted()).isFalse();
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }
}
