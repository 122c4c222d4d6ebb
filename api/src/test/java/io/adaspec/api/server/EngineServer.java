package io.adaspec.api.server;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineStatus;
import io.adaspec.api.ServerSettings;
import io.adaspec.runtime.text.ChatTemplate;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server over the real engine, whose device is simulated unless a test gives another one. */
final class EngineServer implements AutoCloseable {
  final TestServer server;
  final Caller caller;

  EngineServer(
      EngineModel model,
      Optional<ChatTemplate> template,
      DeviceOpener device,
      ServerSettings settings,
      String config)
      throws Exception {
    server =
        TestServer.real(
            config,
            template,
            settings,
            (system, metrics) ->
                Engine.builder(model).device(device).observer(metrics).start(system));
    caller = server.caller;
    await(EngineStatus::ready);
  }

  EngineServer(DeviceOpener device, ServerSettings settings, String config) throws Exception {
    this(TestServer.letters(), Optional.of(TestServer.template()), device, settings, config);
  }

  /** Decodes plainly, so that every step makes one token of each sequence and tests can count. */
  EngineServer(DeviceOpener device) throws Exception {
    this(device, ServerSettings.defaults(), "adaspec.policy.strategy = off");
  }

  EngineStatus status() {
    return server.engine.status().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  void await(Predicate<EngineStatus> condition) {
    Await.until(() -> status().toString(), () -> condition.test(status()));
  }

  /** Nothing runs, waits or holds KV memory. */
  void awaitIdle() {
    await(
        status ->
            status.running() == 0
                && status.waiting() == 0
                && status.devices().stream().allMatch(device -> device.usedKvBlocks() == 0));
  }

  /** The sum of a metric over the label sets that contain {@code label}; 0 where there is none. */
  double metric(String name, String label) {
    try {
      Matcher lines =
          Pattern.compile("(?m)^" + Pattern.quote(name) + "(\\{[^}]*})? (\\S+)$")
              .matcher(caller.get("/metrics").body());
      double sum = 0;
      while (lines.find()) {
        if (Optional.ofNullable(lines.group(1)).orElse("").contains(label)) {
          sum += Double.parseDouble(lines.group(2));
        }
      }
      return sum;
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  void awaitMetric(String name, String label, double atLeast) {
    Await.until(
        () -> name + "{" + label + "} is " + metric(name, label),
        () -> metric(name, label) >= atLeast);
  }

  @Override
  public void close() {
    server.close();
  }
}
