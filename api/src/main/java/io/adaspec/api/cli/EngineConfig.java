package io.adaspec.api.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.adaspec.actors.EngineSettings;
import io.adaspec.api.ServerConfig;
import io.adaspec.api.ServerSettings;
import io.adaspec.runtime.device.FastPrefill;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The configuration of a command's actor system: the settings of a file over the program's own over
 * the libraries' defaults.
 *
 * @param file what the file sets
 * @param all everything, resolved
 */
record EngineConfig(Config file, Config all) {
  private static final String STRATEGY = "adaspec.policy.strategy";
  private static final String DRAFTER = "adaspec.policy.drafter";
  private static final String DRAFT_CAP = "adaspec.policy.draft-cap";
  private static final String SERVER = "adaspec.server";
  private static final String FAST_PREFILL = "adaspec.devices.fast-prefill.";
  private static final Pattern FIXED = Pattern.compile("fixed:([0-9]{1,3})");
  private static final Duration DRAIN_MARGIN = Duration.ofSeconds(1);

  /**
   * The command ends the process, not the actor system; logs go where the program's own go; the
   * policy follows from models and options.
   */
  private static final String PROGRAM =
      """
      pekko {
        loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
        logging-filter = "org.apache.pekko.event.slf4j.Slf4jLoggingFilter"
        loglevel = WARNING
        stdout-loglevel = OFF
        log-dead-letters = off
        coordinated-shutdown.run-by-jvm-shutdown-hook = off
      }
      adaspec.policy { strategy = "off", drafter = none, draft-cap = 0 }
      """;

  /**
   * Reads and checks a file of settings.
   *
   * @throws CommandFailure if it is malformed or sets something that does not exist
   */
  static EngineConfig load(Optional<Path> path) {
    Config defaults =
        ConfigFactory.parseString(PROGRAM).withFallback(ConfigFactory.defaultReference());
    try {
      Config file =
          path.map(each -> ConfigFactory.parseFile(each.toFile())).orElse(ConfigFactory.empty());
      Config all = file.withFallback(defaults).resolve();
      requireKnown(file, defaults);
      EngineConfig loaded = new EngineConfig(file, withTimeToDrain(all));
      loaded.server();
      loaded.fastPrefill();
      return loaded;
    } catch (ConfigException | IllegalArgumentException e) {
      String where = path.map(each -> each + ": ").orElse("");
      throw new CommandFailure(where + e.getMessage(), e);
    }
  }

  /** A misspelt setting would be ignored silently. */
  private static void requireKnown(Config file, Config defaults) {
    file.resolveWith(defaults, com.typesafe.config.ConfigResolveOptions.defaults())
        .entrySet()
        .forEach(
            entry -> {
              if (!defaults.hasPathOrNull(entry.getKey())) {
                throw new IllegalArgumentException("there is no setting " + entry.getKey());
              }
            });
  }

  /** The engine drains within a phase of the actor system's shutdown, whose default is shorter. */
  private static Config withTimeToDrain(Config all) {
    Duration drain =
        EngineSettings.from(all.getConfig("adaspec")).shutdown().drainTimeout().plus(DRAIN_MARGIN);
    String phase = "pekko.coordinated-shutdown.phases.service-requests-done.timeout";
    return ConfigFactory.parseString(phase + " = " + drain.toMillis() + " ms").withFallback(all);
  }

  /** What the engine is set to, with a policy of its own. */
  EngineSettings settings(PolicySnapshot policy) {
    return EngineSettings.from(all.getConfig("adaspec")).withPolicy(policy);
  }

  /** Settings before a policy is chosen. */
  EngineSettings settings() {
    return EngineSettings.from(all.getConfig("adaspec"));
  }

  /**
   * The policy at start. A strategy comes from the command line, else from the file, else follows
   * from the models: {@code slo} with a draft model, {@code off} without. Drafts come from where
   * the file says, else from the draft model, else from the text itself. {@code fixed:K} raises the
   * default draft cap to K.
   *
   * @throws CommandFailure if the file's draft cap is below K
   */
  PolicySnapshot policy(
      Optional<String> option, Optional<Verifier> verifier, boolean hasDraftModel) {
    PolicySnapshot configured = settings().policy();
    String strategy =
        option.orElse(
            file.hasPath(STRATEGY) ? configured.strategy() : hasDraftModel ? "slo" : "off");
    DrafterKind available = hasDraftModel ? DrafterKind.MODEL : DrafterKind.NGRAM;
    DrafterKind drafter =
        file.hasPath(DRAFTER)
            ? configured.drafter()
            : strategy.equals("off") && !hasDraftModel ? DrafterKind.NONE : available;
    int cap =
        file.hasPath(DRAFT_CAP)
            ? requireCapOf(strategy, configured.draftCap())
            : Math.max(Strategies.DEFAULT_DRAFT_CAP, fixedLength(strategy));
    return new PolicySnapshot(0, strategy, drafter, cap, verifier.orElseGet(configured::verifier));
  }

  private static int requireCapOf(String strategy, int cap) {
    if (fixedLength(strategy) > cap) {
      throw new CommandFailure(
          "policy "
              + strategy
              + " drafts more tokens than "
              + DRAFT_CAP
              + " = "
              + cap
              + " allows; raise it or leave it out");
    }
    return cap;
  }

  /** The K of {@code fixed:K}; 0 for all that is not that, or is none. */
  private static int fixedLength(String strategy) {
    Matcher matcher = FIXED.matcher(strategy);
    return matcher.matches()
        ? Math.min(SpeculationPreference.MAX, Integer.parseInt(matcher.group(1)))
        : 0;
  }

  /** What GPUs may leave to a library that is not bit-exact. */
  FastPrefill fastPrefill() {
    return new FastPrefill(
        all.getBoolean(FAST_PREFILL + "enabled"),
        Optional.of(all.getString(FAST_PREFILL + "library"))
            .filter(file -> !file.isBlank())
            .map(Path::of),
        all.getInt(FAST_PREFILL + "min-rows"));
  }

  /** What the server is set to; address and keys come from the command line. */
  ServerSettings server() {
    return ServerConfig.read(all.getConfig(SERVER), settings().shutdown().drainTimeout());
  }
}
