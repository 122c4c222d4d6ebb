package io.adaspec.actors;

import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** Collects what an engine needs and starts it. Not thread-safe. */
public final class EngineBuilder {
  private final EngineModel model;
  private final List<DeviceOpener> devices = new ArrayList<>();
  private final List<EngineObserver> observers = new ArrayList<>();
  private @Nullable EngineSettings settings;
  private NanoClock clock = NanoClock.system();

  EngineBuilder(EngineModel model) {
    this.model = model;
  }

  /**
   * Adds a device; an engine has at least one. Status, metrics and logs tell devices apart by name,
   * so the second one of a name gets {@code #2} after it.
   */
  public EngineBuilder device(DeviceOpener opener) {
    DeviceOpener named = opener;
    for (int number = 2; isTaken(named.name()); number++) {
      named =
          new DeviceOpener(
              opener.name() + "#" + number, opener.open(), opener.cost(), opener.profile());
    }
    devices.add(named);
    return this;
  }

  private boolean isTaken(String name) {
    return devices.stream().anyMatch(device -> device.name().equals(name));
  }

  /** Adds an observer. */
  public EngineBuilder observer(EngineObserver observer) {
    observers.add(observer);
    return this;
  }

  /** Settings instead of those in the actor system's {@code adaspec} section. */
  public EngineBuilder settings(EngineSettings value) {
    settings = value;
    return this;
  }

  /** A clock instead of the machine's. */
  public EngineBuilder clock(NanoClock value) {
    clock = value;
    return this;
  }

  /**
   * Starts the engine in an actor system; devices open in the background, see {@link
   * Engine#status}.
   *
   * @throws IllegalArgumentException if there is no device or a setting is invalid
   * @throws IllegalStateException if the system already serves a model of this name
   */
  public Engine start(ActorSystem<?> system) {
    EngineSettings effective =
        Optional.ofNullable(settings).orElseGet(() -> EngineSettings.from(system));
    return EngineExtension.of(system)
        .start(new EngineDefinition(model, devices, effective, clock, Observers.of(observers)));
  }
}
