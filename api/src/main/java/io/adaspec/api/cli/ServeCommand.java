package io.adaspec.api.cli;

import io.adaspec.actors.EngineObserver;
import io.adaspec.api.AdaSpecServer;
import io.adaspec.api.RunningServer;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.metrics.EngineMetrics;
import io.adaspec.api.openai.ServedModel;
import java.net.BindException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code adaspec serve}: the engine behind HTTP and WebSocket, until a signal ends it. */
@Command(
    name = "serve",
    description = {
      "Serve a model over HTTP and WebSocket.",
      "Prints one line with the address when it is ready. SIGTERM or SIGINT (Ctrl-C) stops it:"
          + " running answers may finish, new ones are refused; another signal cuts them off."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class ServeCommand implements Runnable {
  /**
   * The code of an answer that is the first of its process may take seconds on a busy machine;
   * whoever stops containers waits 10 seconds before killing them.
   */
  private static final int FAREWELL_SECONDS = 8;

  /**
   * The library takes a connection for ended when its last bytes are with the thread that writes
   * them; the process must not end before that thread has had its turn.
   */
  private static final int LAST_BYTES_MILLIS = 250;

  @Mixin private final EngineOptions options = new EngineOptions();
  @Mixin private final ServerOptions server = new ServerOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  @Option(
      names = "--decision-log",
      paramLabel = "FILE",
      description = "Record why every step speculates as it does; read it with explain.")
  private Optional<Path> decisionLog = Optional.empty();

  @Option(
      names = "--rehearse",
      hidden = true,
      description = "Answer one request of its own, then stop.")
  private boolean rehearse;

  ServeCommand() {}

  @Override
  public void run() {
    LogLevel.INFO.apply();
    try (StopSignal stop = StopSignal.install(output.err())) {
      EngineConfig config = options.config();
      ServerSettings settings = server.settings(config);
      ModelPair models = options.openModels(output);
      EngineMetrics metrics = new EngineMetrics(models.name());
      Optional<DecisionLog> log = decisionLog.map(DecisionLog::create);
      List<EngineObserver> observers = new ArrayList<>(List.of(metrics));
      log.ifPresent(observers::add);
      try (RunningEngine running = options.start(config, models, observers)) {
        RunningServer bound = bind(running, settings, metrics);
        stop.whileLoading(() -> leave(running, bound));
        try (Progress _ = output.progress("loading " + models.name())) {
          running.awaitReady();
        }
        announce(models.name(), settings, bound.address().getPort());
        if (rehearse) {
          Rehearsal.run(bound.address().getPort());
        } else {
          stop.await();
        }
      } finally {
        log.ifPresent(DecisionLog::close);
      }
    }
  }

  /** Requests that wait for a device that still opens are told to come back. */
  private static void leave(RunningEngine running, RunningServer bound) {
    var _ = running.engine().stop();
    var _ =
        bound
            .stop()
            .toCompletableFuture()
            .copy()
            .completeOnTimeout(Done.getInstance(), FAREWELL_SECONDS, TimeUnit.SECONDS)
            .thenCompose(ServeCommand::afterLastBytes)
            .join();
  }

  private static CompletableFuture<Done> afterLastBytes(Done done) {
    return new CompletableFuture<Done>()
        .completeOnTimeout(done, LAST_BYTES_MILLIS, TimeUnit.MILLISECONDS);
  }

  private RunningServer bind(
      RunningEngine running, ServerSettings settings, EngineMetrics metrics) {
    ModelPair models = running.models();
    ServedModel model =
        new ServedModel(
            running.engine().model(),
            models.target().chatTemplate(),
            models.target().sampling(),
            models.createdSeconds());
    try {
      return RunningEngine.await(
          AdaSpecServer.start(running.system(), running.engine(), model, settings, metrics));
    } catch (RuntimeException e) {
      throw new CommandFailure(
          "cannot listen on "
              + settings.host()
              + ", port "
              + settings.port()
              + ": "
              + reason(e)
              + "; choose another with --host and --port",
          e);
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof BindException)) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }

  private void announce(String model, ServerSettings settings, int port) {
    String host = settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
    String url = "http://" + host + ":" + port;
    if (output.json()) {
      output.printJson(Map.of("url", url, "model", model));
    } else {
      output.out().println("serving " + model + " at " + url);
    }
  }
}
