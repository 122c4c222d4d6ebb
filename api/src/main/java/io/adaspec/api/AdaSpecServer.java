package io.adaspec.api;

import io.adaspec.actors.Engine;
import io.adaspec.api.http.ApiKeys;
import io.adaspec.api.http.Bodies;
import io.adaspec.api.http.BodyBudget;
import io.adaspec.api.http.Failures;
import io.adaspec.api.http.PolicyRoutes;
import io.adaspec.api.http.Route;
import io.adaspec.api.http.RouteTable;
import io.adaspec.api.http.SystemRoutes;
import io.adaspec.api.metrics.EngineMetrics;
import io.adaspec.api.openai.Generations;
import io.adaspec.api.openai.OpenAiRoutes;
import io.adaspec.api.openai.RequestFactory;
import io.adaspec.api.openai.ServedModel;
import io.adaspec.api.responses.ResponsesEndpoint;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;

/**
 * Serves one engine over HTTP and WebSocket. Hosted by any actor system; all settings are passed
 * in, none are read from or written to the system's configuration.
 */
public final class AdaSpecServer {
  private static final int MAX_WORKERS = 4;

  /** Requests that wait to be parsed; more are told to come back. */
  private static final int MAX_WAITING = 256;

  private AdaSpecServer() {}

  /**
   * Binds the port and answers from then on; readiness follows the engine's.
   *
   * @param metrics given to the engine as an observer when it was built
   * @return fails when the port cannot be bound
   */
  public static CompletionStage<RunningServer> start(
      ActorSystem<?> system,
      Engine engine,
      ServedModel model,
      ServerSettings settings,
      EngineMetrics metrics) {
    Materializer materializer = SystemMaterializer.get(system).materializer();
    ExecutorService workers = workers();
    Bodies bodies =
        new Bodies(
            settings.connections().maxBodyBytes(),
            new BodyBudget(settings.connections().maxBodiesBytes()),
            settings.connections().bodyTimeout(),
            workers,
            materializer);
    RequestFactory requests =
        new RequestFactory(
            model,
            settings.generation(),
            settings.isolatePrincipals(),
            () -> ThreadLocalRandom.current().nextLong());
    Generations generations = new Generations(engine, materializer, settings.headPatience());
    ResponsesEndpoint responses =
        ResponsesEndpoint.create(
            requests,
            generations,
            bodies,
            settings.sockets(),
            settings.pingInterval(),
            engine.clock(),
            InstantSource.system(),
            system.classicSystem());
    AtomicBoolean accepting = new AtomicBoolean(true);
    List<Route> routes =
        Stream.of(
                new SystemRoutes(engine, accepting::get, metrics::scrape, version()).routes(),
                new PolicyRoutes(engine, bodies).routes(),
                OpenAiRoutes.create(
                    requests,
                    settings.generation(),
                    generations,
                    bodies,
                    settings.pingInterval(),
                    InstantSource.system()),
                responses.routes())
            .flatMap(List::stream)
            .toList();
    RouteTable table =
        new RouteTable(
            routes,
            new ApiKeys(settings.apiKeys()),
            engine.clock(),
            Failures::toError,
            materializer);
    OpenConnections connections = new OpenConnections();
    return Http.get(system)
        .newServerAt(settings.host(), settings.port())
        .withSettings(PekkoSettings.of(system.classicSystem(), settings))
        .bindFlow(
            ConnectionFlow.of(
                table, settings.connections().requestTimeout(), engine.clock(), connections))
        .thenApply(
            binding ->
                new RunningServer(
                        system,
                        binding,
                        table,
                        responses.socket(),
                        connections,
                        accepting,
                        workers,
                        settings.drainTimeout(),
                        engine.clock())
                    .stopWithSystem());
  }

  /**
   * Threads that parse and tokenize, with a bounded queue before them. Template engines look for
   * their parts with the thread's class loader.
   */
  private static ExecutorService workers() {
    int count = Math.min(MAX_WORKERS, Runtime.getRuntime().availableProcessors());
    ThreadFactory threads = Thread.ofPlatform().daemon().name("adaspec-http-", 0).factory();
    return new ThreadPoolExecutor(
        count,
        count,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(MAX_WAITING),
        task -> {
          Thread thread = threads.newThread(task);
          thread.setContextClassLoader(AdaSpecServer.class.getClassLoader());
          return thread;
        });
  }

  private static String version() {
    String version = AdaSpecServer.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
