package io.adaspec.actors;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/** The engines of one actor system, by model name. Thread-safe. */
final class EngineExtension implements Extension {
  private static final Id ID = new Id();

  private final ActorSystem<?> system;
  private final Map<String, LocalEngine> engines = new ConcurrentHashMap<>();
  private final AtomicInteger started = new AtomicInteger();

  private EngineExtension(ActorSystem<?> system) {
    this.system = system;
  }

  static EngineExtension of(ActorSystem<?> system) {
    return ID.apply(system);
  }

  /**
   * Starts an engine and hands it to the coordinated shutdown.
   *
   * @throws IllegalStateException if the system already serves a model of this name
   */
  Engine start(EngineDefinition definition) {
    String name = definition.model().name();
    String actorPrefix = "adaspec-" + started.incrementAndGet();
    AtomicBoolean taken = new AtomicBoolean(true);
    LocalEngine engine =
        engines.computeIfAbsent(
            name,
            key -> {
              taken.set(false);
              return LocalEngine.start(system, actorPrefix, definition, () -> engines.remove(name));
            });
    if (taken.get()) {
      throw new IllegalStateException(
          "this actor system already serves a model named "
              + name
              + "; stop its engine first or choose another name");
    }
    EngineShutdown.register(system, engine);
    return engine;
  }

  Engine named(String name) {
    Engine engine = engines.get(name);
    if (engine == null) {
      throw new IllegalStateException(
          "no engine serves a model named " + name + "; running: " + engines.keySet());
    }
    return engine;
  }

  Engine only() {
    if (engines.size() != 1) {
      throw new IllegalStateException(
          "this actor system runs "
              + engines.size()
              + " engines, for "
              + engines.keySet()
              + "; start one with Engine.builder or ask for one by name");
    }
    return engines.values().iterator().next();
  }

  private static final class Id extends ExtensionId<EngineExtension> {
    @Override
    public EngineExtension createExtension(ActorSystem<?> system) {
      return new EngineExtension(system);
    }
  }
}
