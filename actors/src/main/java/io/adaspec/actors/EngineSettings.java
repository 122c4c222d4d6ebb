package io.adaspec.actors;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * All settings of an engine, validated. Their meaning stands in {@code reference.conf}; change one
 * with the {@code with…} methods.
 *
 * @param streams backpressure
 * @param queue bounds of what waits
 * @param limits what a device may do at once
 * @param devices restarts and time-outs of devices
 * @param levels latency targets of the service classes
 * @param policy the policy at start
 * @param supervision the supervisor's pace
 * @param shutdown the end
 */
public record EngineSettings(
    StreamSettings streams,
    QueueSettings queue,
    SchedulerLimits limits,
    DeviceSettings devices,
    ServiceLevels levels,
    PolicySnapshot policy,
    SupervisionSettings supervision,
    ShutdownSettings shutdown) {
  private static final int STEPS_PER_TIMEOUT = 4;

  /**
   * @throws IllegalArgumentException if the policy cannot be followed
   */
  public EngineSettings {
    SupervisorState.check(policy);
  }

  /**
   * Backpressure of request streams.
   *
   * @param pauseTokens undelivered tokens at which a sequence is paused
   * @param resumeTokens undelivered tokens at which it goes on; less than {@code pauseTokens}
   * @param stallTimeout how long a consumer may take nothing
   */
  public record StreamSettings(int pauseTokens, int resumeTokens, Duration stallTimeout) {
    public StreamSettings {
      if (pauseTokens < 1 || resumeTokens < 0 || resumeTokens >= pauseTokens) {
        throw new IllegalArgumentException(
            "adaspec.streams: 0 ≤ resume-tokens < pause-tokens must hold, not resume-tokens "
                + resumeTokens
                + ", pause-tokens "
                + pauseTokens);
      }
      requirePositive("streams.stall-timeout", stallTimeout);
    }
  }

  /**
   * Bounds of what waits for its first step.
   *
   * @param maxRequests most requests
   * @param maxTokens most prompt tokens of all together
   * @param maxLateness a request is refused when its predicted wait is longer than so many times
   *     the TTFT target that it states itself
   */
  public record QueueSettings(int maxRequests, long maxTokens, double maxLateness) {
    public QueueSettings {
      if (maxRequests < 1 || maxTokens < 1) {
        throw new IllegalArgumentException(
            "adaspec.queue: max-requests "
                + maxRequests
                + " and max-tokens "
                + maxTokens
                + " must be positive");
      }
      if (!(maxLateness >= 1)) {
        throw new IllegalArgumentException(
            "adaspec.queue.max-lateness must be at least 1, not " + maxLateness);
      }
    }
  }

  /**
   * Restarts and time-outs of devices.
   *
   * @param minBackoff wait before a failed device is opened again
   * @param maxBackoff longest such wait after many failures
   * @param stepTimeout time for a step after which the device counts as stuck
   */
  public record DeviceSettings(Duration minBackoff, Duration maxBackoff, Duration stepTimeout) {
    public DeviceSettings {
      requirePositive("devices.min-backoff", minBackoff);
      requirePositive("devices.step-timeout", stepTimeout);
      if (maxBackoff.compareTo(minBackoff) < 0) {
        throw new IllegalArgumentException(
            "adaspec.devices.max-backoff "
                + maxBackoff
                + " must not be less than min-backoff "
                + minBackoff);
      }
    }
  }

  /**
   * The supervisor's pace.
   *
   * @param interval time between two looks at the steps done
   */
  public record SupervisionSettings(Duration interval) {
    public SupervisionSettings {
      requirePositive("supervision.interval", interval);
    }
  }

  /**
   * The end of the engine.
   *
   * @param drainTimeout how long running requests may take to finish
   */
  public record ShutdownSettings(Duration drainTimeout) {
    public ShutdownSettings {
      requirePositive("shutdown.drain-timeout", drainTimeout);
    }
  }

  /** The scheduler's limits, with steps that are predicted to end long before they are overdue. */
  SchedulerLimits stepLimits() {
    long longest = devices.stepTimeout().dividedBy(STEPS_PER_TIMEOUT).toNanos();
    return limits.withLongestStepNanos(Math.clamp(longest, 1, limits.longestStepNanos()));
  }

  /** The {@code adaspec} section of an actor system's configuration. */
  public static EngineSettings from(ActorSystem<?> system) {
    return from(system.settings().config().getConfig("adaspec"));
  }

  /**
   * Reads an {@code adaspec} section that has all defaults.
   *
   * @throws IllegalArgumentException if a value is missing, of the wrong type or out of range
   */
  public static EngineSettings from(Config adaspec) {
    try {
      return read(adaspec);
    } catch (ConfigException e) {
      throw new IllegalArgumentException("invalid adaspec configuration: " + e.getMessage(), e);
    }
  }

  private static EngineSettings read(Config adaspec) {
    return new EngineSettings(
        new StreamSettings(
            adaspec.getInt("streams.pause-tokens"),
            adaspec.getInt("streams.resume-tokens"),
            adaspec.getDuration("streams.stall-timeout")),
        new QueueSettings(
            adaspec.getInt("queue.max-requests"),
            adaspec.getLong("queue.max-tokens"),
            adaspec.getDouble("queue.max-lateness")),
        new SchedulerLimits(
                adaspec.getInt("scheduler.max-sequences"),
                adaspec.getInt("scheduler.step-tokens"),
                adaspec.getInt("scheduler.min-prefill-tokens"))
            .withDecodeStretch(adaspec.getDouble("scheduler.decode-stretch")),
        new DeviceSettings(
            adaspec.getDuration("devices.min-backoff"),
            adaspec.getDuration("devices.max-backoff"),
            adaspec.getDuration("devices.step-timeout")),
        levels(adaspec),
        new PolicySnapshot(
            0,
            adaspec.getString("policy.strategy"),
            constant(DrafterKind.class, adaspec, "policy.drafter"),
            adaspec.getInt("policy.draft-cap"),
            constant(Verifier.class, adaspec, "policy.verifier")),
        new SupervisionSettings(adaspec.getDuration("supervision.interval")),
        new ShutdownSettings(adaspec.getDuration("shutdown.drain-timeout")));
  }

  private static ServiceLevels levels(Config adaspec) {
    Map<ServiceClass, SloTarget> targets = new EnumMap<>(ServiceClass.class);
    for (ServiceClass each : ServiceClass.values()) {
      String path = "classes." + each.name().toLowerCase(Locale.ROOT);
      targets.put(
          each, new SloTarget(target(adaspec, path + ".ttft"), target(adaspec, path + ".tpot")));
    }
    return new ServiceLevels(targets);
  }

  private static long target(Config adaspec, String path) {
    if (adaspec.getString(path).equalsIgnoreCase("off")) {
      return SloTarget.NONE;
    }
    Duration target = adaspec.getDuration(path);
    requirePositive(path, target);
    return target.toNanos();
  }

  private static <E extends Enum<E>> E constant(Class<E> type, Config config, String path) {
    String value = config.getString(path);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equalsIgnoreCase(value)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "adaspec."
            + path
            + " is '"
            + value
            + "'; use one of "
            + Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList());
  }

  private static void requirePositive(String path, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException("adaspec." + path + " must be positive, not " + value);
    }
  }

  public EngineSettings withStreams(StreamSettings value) {
    return new EngineSettings(value, queue, limits, devices, levels, policy, supervision, shutdown);
  }

  public EngineSettings withQueue(QueueSettings value) {
    return new EngineSettings(
        streams, value, limits, devices, levels, policy, supervision, shutdown);
  }

  public EngineSettings withLimits(SchedulerLimits value) {
    return new EngineSettings(
        streams, queue, value, devices, levels, policy, supervision, shutdown);
  }

  public EngineSettings withDevices(DeviceSettings value) {
    return new EngineSettings(streams, queue, limits, value, levels, policy, supervision, shutdown);
  }

  public EngineSettings withLevels(ServiceLevels value) {
    return new EngineSettings(
        streams, queue, limits, devices, value, policy, supervision, shutdown);
  }

  public EngineSettings withPolicy(PolicySnapshot value) {
    return new EngineSettings(
        streams, queue, limits, devices, levels, value, supervision, shutdown);
  }

  public EngineSettings withSupervision(SupervisionSettings value) {
    return new EngineSettings(streams, queue, limits, devices, levels, policy, value, shutdown);
  }

  public EngineSettings withShutdown(ShutdownSettings value) {
    return new EngineSettings(streams, queue, limits, devices, levels, policy, supervision, value);
  }
}
