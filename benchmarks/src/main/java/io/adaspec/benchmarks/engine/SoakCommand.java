package io.adaspec.benchmarks.engine;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineSettings;
import io.adaspec.actors.EngineStatus;
import io.adaspec.benchmarks.engine.SoakClients.Temper;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code soak}: thousands of random requests with clients of every temper, over two simulated
 * devices that fail now and then. Fails unless at the end every KV block is free or cached, no
 * request's actor is left, every accepted request has ended once, the text of every client that
 * read to the end is that of an undisturbed run, and the heap is as it was.
 */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = "Let random clients and failures loose on an engine and look for leaks.")
public final class SoakCommand implements Callable<Integer> {
  private static final String DEVICE = "sim:tiny,vocab=64,blocks=160";
  private static final int VOCABULARY = 64;
  private static final int CONTEXT_TOKENS = 1024;
  private static final int CONCURRENT = 96;
  private static final int QUARTERS = 4;
  private static final Pattern REQUEST_ACTOR = Pattern.compile("-request-\\d|mortal-\\d|⌊-> \\$");
  private static final long MOST_HEAP_GROWTH = 24L << 20;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--requests", defaultValue = "8000", description = "Default: ${DEFAULT-VALUE}.")
  private int requests;

  @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--policy", defaultValue = "fixed:4", description = "Default: ${DEFAULT-VALUE}.")
  private String policy = "fixed:4";

  private final SoakCounts counts = new SoakCounts();
  private final AtomicLong compared = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();

  public SoakCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "soak");
    Engine engine = start(system);
    SoakClients clients = new SoakClients(system, engine);
    SplittableRandom random = new SplittableRandom(seed);
    SoakOracle oracle = new SoakOracle(DEVICE, engine.model().tokenizer());
    Semaphore places = new Semaphore(CONCURRENT);
    long[] heap = new long[QUARTERS];
    for (int number = 0; number < requests; number++) {
      places.acquire();
      send(clients, oracle, random.split(), number, places);
      if ((number + 1) % Math.max(1, requests / QUARTERS) == 0) {
        int quarter = Math.min(QUARTERS - 1, (number + 1) / Math.max(1, requests / QUARTERS) - 1);
        places.acquire(CONCURRENT);
        EngineStatus quiet = awaitQuiet(system, engine);
        places.release(CONCURRENT);
        heap[quarter] = usedHeap();
        out.printf(
            Locale.ROOT,
            "%d requests: %s; compared texts %d, wrong %d; KV blocks in use %d; actors of requests"
                + " %d; heap %.1f MB%n",
            number + 1,
            counts,
            compared.get(),
            wrong.get(),
            used(quiet),
            requestActors(system),
            heap[quarter] / 1e6);
        out.flush();
      }
    }
    EngineStatus last = awaitQuiet(system, engine);
    boolean sound =
        wrong.get() == 0
            && used(last) == 0
            && requestActors(system) == 0
            && counts.of("accepted") == counts.ended()
            && heap[QUARTERS - 1] - heap[0] < MOST_HEAP_GROWTH;
    engine.stop().toCompletableFuture().join();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
    out.println(sound ? "sound" : "NOT SOUND: " + last);
    return sound ? 0 : 1;
  }

  private Engine start(ActorSystem<?> system) {
    EngineSettings settings =
        EngineSettings.from(system)
            .withPolicy(new PolicySnapshot(0, policy, DrafterKind.MODEL, 8, Verifier.COUPLED))
            .withStreams(new EngineSettings.StreamSettings(64, 16, Duration.ofMillis(300)))
            .withQueue(new EngineSettings.QueueSettings(80, 20_000, 2))
            .withDevices(
                new EngineSettings.DeviceSettings(
                    Duration.ofMillis(1), Duration.ofMillis(10), Duration.ofSeconds(10)));
    return Engine.builder(new EngineModel("soak", new LetterTokenizer(VOCABULARY), CONTEXT_TOKENS))
        .device(flaky(seed + 1))
        .device(flaky(seed + 2))
        .observer(counts)
        .settings(settings)
        .start(system);
  }

  private static DeviceOpener flaky(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedDevice probe = SimulatedDeviceProvider.openSimulated(DEVICE);
    return new DeviceOpener(
        DEVICE,
        () ->
            new FlakyDevice(
                SimulatedDeviceProvider.openSimulated(DEVICE), random.split(), 1.0 / 400),
        device -> probe.cost());
  }

  private void send(
      SoakClients clients,
      SoakOracle oracle,
      SplittableRandom random,
      int number,
      Semaphore places) {
    InferenceRequest request = request(random, number);
    Temper temper = temper(random);
    clients
        .send(request, temper, 1 + random.nextInt(20))
        .whenComplete(
            (text, failure) -> {
              places.release();
              boolean whole = temper == Temper.READS || temper == Temper.DAWDLES;
              if (whole && failure == null && number % 8 == 0) {
                compared.incrementAndGet();
                wrong.addAndGet(oracle.text(request).equals(text) ? 0 : 1);
              }
            });
  }

  private static Temper temper(SplittableRandom random) {
    int dice = random.nextInt(100);
    return dice < 50
        ? Temper.READS
        : dice < 65
            ? Temper.DAWDLES
            : dice < 78
                ? Temper.CANCELS
                : dice < 90 ? Temper.LEAVES : dice < 94 ? Temper.STALLS : Temper.DIES;
  }

  /** Prompts share beginnings, so that the prefix cache has work. */
  private static InferenceRequest request(SplittableRandom random, int number) {
    int[] prompt = new int[1 + random.nextInt(300)];
    int family = random.nextInt(6);
    int common = random.nextInt(prompt.length + 1);
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = i < common ? (i * 7 + family * 13) % VOCABULARY : random.nextInt(VOCABULARY);
    }
    ServiceClass[] classes = ServiceClass.values();
    return InferenceRequest.builder(
            "soak-" + number, TokenIds.of(prompt), 1 + random.nextInt(250), System.nanoTime())
        .serviceClass(classes[random.nextInt(classes.length)])
        .sampling(
            random.nextBoolean()
                ? SamplingParams.greedy()
                : SamplingParams.of(0.8f, random.nextLong()))
        .speculation(
            random.nextInt(4) == 0 ? SpeculationPreference.off() : SpeculationPreference.auto())
        .build();
  }

  private EngineStatus awaitQuiet(ActorSystem<?> system, Engine engine) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    EngineStatus status = engine.status().toCompletableFuture().join();
    while (System.nanoTime() < deadline
        && (status.running() + status.waiting() > 0
            || counts.of("accepted") != counts.ended()
            || requestActors(system) > 0)) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      status = engine.status().toCompletableFuture().join();
    }
    return status;
  }

  private static int used(EngineStatus status) {
    return status.devices().stream().mapToInt(EngineStatus.DeviceStatus::usedKvBlocks).sum();
  }

  /**
   * Actors that own a request, or consume one; the children of the engine's intake have no name.
   */
  private static long requestActors(ActorSystem<?> system) {
    return ((ExtendedActorSystem) Adapter.toClassic(system))
        .printTree()
        .lines()
        .filter(line -> REQUEST_ACTOR.matcher(line).find())
        .count();
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
