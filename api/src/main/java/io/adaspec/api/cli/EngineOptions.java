package io.adaspec.api.cli;

import io.adaspec.actors.EngineObserver;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which engine a command runs: models, devices, policy. */
final class EngineOptions {
  private static final String NO_DRAFT = "none";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee = CommandSpec.create();

  @Mixin private final ModelOptions models = new ModelOptions();
  @Mixin private final DeviceOptions devices = new DeviceOptions();

  @Option(
      names = "--draft",
      paramLabel = "PATH",
      description =
          "Draft model of the same vocabulary; none for none. Default: that of the pair that comes"
              + " with AdaSpec, when its target is used.")
  private Optional<String> draft = Optional.empty();

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description =
          "When and how much to speculate: off, fixed:K, threshold:P, smartspec,"
              + " smartspec:upstream, adaspec-drafter, adaspec-literal, adaspec, slo. Without a draft model drafts are looked up in the text so far."
              + " Default: slo with a draft model, else off.")
  private Optional<String> policy = Optional.empty();

  @Option(
      names = "--verifier",
      paramLabel = "NAME",
      description =
          "How draft tokens are verified. coupled: text and seed belong together, whatever is"
              + " drafted. rejection: classical rejection sampling, the same distribution but not"
              + " the same text; only with off, fixed:K and smartspec. Default: coupled.")
  private Optional<Verifier> verifier = Optional.empty();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Settings in HOCON: queues, batching, latency targets, policy, limits of the server. Names,"
              + " meanings and defaults: config/reference.conf of the distribution,"
              + " */src/main/resources/reference.conf of the sources.")
  private Optional<Path> configFile = Optional.empty();

  EngineOptions() {}

  /** Reads the settings: those of the file, else the defaults. */
  EngineConfig config() {
    return EngineConfig.load(configFile.map(path -> ModelOptions.existing(path, "--config")));
  }

  /**
   * Opens the models.
   *
   * @throws CommandFailure if one cannot be read
   */
  ModelPair openModels(OutputOptions output) {
    try (Progress _ = output.progress("reading " + models.name())) {
      return ModelPair.open(models.name(), models.target(), draftPath());
    }
  }

  /** The model to work on, unopened. */
  Path target() {
    return models.target();
  }

  /** The draft model that was asked for, or comes with the target; unopened. */
  Optional<Path> draft() {
    return draftPath();
  }

  /**
   * Checks everything that needs no model: devices, policy and settings.
   *
   * @throws ParameterException if one makes no sense
   */
  void requireValid() {
    devices.requireKnown(Devices.discover());
    policy(config(), draftPath().isPresent());
  }

  /** What to open the devices with. */
  List<DeviceSpec> specs(Devices known, ModelPair pair, EngineConfig config) {
    return devices.specs(known, pair, config);
  }

  /** Starts an engine that owns the models from then on; they are closed if it does not start. */
  RunningEngine start(EngineConfig config, ModelPair pair, List<EngineObserver> observers) {
    try {
      PolicySnapshot snapshot = policy(config, pair.draft().isPresent());
      return RunningEngine.start(config, snapshot, pair, devices, observers);
    } catch (RuntimeException e) {
      pair.close();
      throw e;
    }
  }

  private Optional<Path> draftPath() {
    if (draft.isEmpty()) {
      return models.bundledDraft();
    }
    return draft
        .filter(path -> !path.equals(NO_DRAFT))
        .map(path -> ModelOptions.existing(Path.of(path), "--draft"));
  }

  /** The policy to start with; a usage error if its parts do not go together. */
  PolicySnapshot policy(EngineConfig config, boolean hasDraftModel) {
    PolicySnapshot chosen = config.policy(policy, verifier, hasDraftModel);
    if (chosen.drafter() == DrafterKind.MODEL && !hasDraftModel) {
      throw usage("adaspec.policy.drafter is model and there is no draft model; say --draft PATH");
    }
    try {
      SpeculationStrategy strategy =
          Strategies.parse(chosen.strategy(), chosen.drafter(), Math.max(1, chosen.draftCap()));
      if (chosen.verifier() == Verifier.REJECTION && strategy.selectsByConfidence()) {
        throw usage(
            "--policy "
                + strategy.spec()
                + " drops draft tokens by their confidence, which makes rejection sampling biased;"
                + " take --verifier coupled, or --policy fixed:K or smartspec");
      }
      return new PolicySnapshot(
          0, strategy.spec(), chosen.drafter(), chosen.draftCap(), chosen.verifier());
    } catch (IllegalArgumentException e) {
      throw usage("--policy: " + e.getMessage());
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(mixee.commandLine(), message);
  }
}
