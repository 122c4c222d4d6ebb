package io.adaspec.actors;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.OutputStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/** The worker's JVM of {@link TwoNodesTest}: an engine over a simulated device. */
final class WorkerNode {
  static final String READY = "worker at ";
  static final String MODEL = "two-nodes";

  private WorkerNode() {}

  /** A cluster node on a free port of this machine, with quick gossip. */
  static Config config() {
    return ConfigFactory.parseString(
            """
            pekko {
              actor.provider = cluster
              remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              cluster {
                gossip-interval = 100ms
                leader-actions-interval = 100ms
                periodic-tasks-initial-delay = 100ms
                jmx.enabled = off
                typed.receptionist.distributed-data {
                  gossip-interval = 100ms
                  notify-subscribers-interval = 50ms
                }
              }
              loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
            }
            """)
        .withFallback(ConfigFactory.load());
  }

  /** Runs until its standard input ends, which it does when the test's JVM dies. */
  public static void main(String[] args) throws Exception {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "adaspec", config());
    Cluster cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    Engine engine =
        Engine.builder(EngineFixture.model(MODEL))
            .device(TestDevice.running(EngineFixture.SIM).opener())
            .settings(EngineSettings.from(system).withPolicy(EngineFixture.fixed(3)))
            .start(system);
    system.systemActorOf(WorkerActor.create(engine), "worker", Props.empty());
    System.out.println(READY + cluster.selfMember().address());
    System.in.transferTo(OutputStream.nullOutputStream());
    system.terminate();
  }
}
