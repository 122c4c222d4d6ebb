package io.adaspec.api.cli;

import io.adaspec.actors.EngineObserver;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Strategies;
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
          "When and how much to speculate: off, fixed:K, threshold:P, smartspec, adaspec-drafter,"
              + " adaspec, slo. Without a draft model drafts are looked up in the text so far."
              + " Default: slo with a draft model, else off.")
  private Optional<String> policy = Optional.empty();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Settings in HOCON. Names, meanings and defaults: config/reference.conf of the"
              + " distribution, actors/src/main/resources/reference.conf of the sources.")
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
  ModelPair openModels() {
    return ModelPair.open(models.name(), models.target(), draftPath());
  }

  /**
   * What to open the devices with.
   *
   * @param maxRows most rows of one target pass
   */
  List<DeviceSpec> specs(Devices known, ModelPair pair, int maxRows) {
    return devices.specs(known, pair, maxRows);
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

  private PolicySnapshot policy(EngineConfig config, boolean hasDraftModel) {
    PolicySnapshot chosen = config.policy(policy, hasDraftModel);
    if (chosen.drafter() == DrafterKind.MODEL && !hasDraftModel) {
      throw usage("adaspec.policy.drafter is model and there is no draft model; say --draft PATH");
    }
    try {
      SpeculationStrategy strategy =
          Strategies.parse(chosen.strategy(), chosen.drafter(), Math.max(1, chosen.draftCap()));
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
