package io.adaspec.api.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.profile.DeviceProfiler;
import io.adaspec.runtime.device.profile.ProfileCache;
import io.adaspec.runtime.device.profile.ProfileJson;
import io.adaspec.runtime.device.profile.ProfileKey;
import io.adaspec.runtime.speculation.CostProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code adaspec profile}: what passes cost on a device. */
@Command(
    name = "profile",
    description = {
      "Measure what passes of target and draft take on a device, by rows and context, and store it"
          + " for serve. Prints the stored profile when device, models and program are the same."
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class ProfileCommand implements Runnable {
  @Mixin private final EngineOptions options = new EngineOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  @Option(names = "--refresh", description = "Measure even when there is a stored profile.")
  private boolean refresh;

  @Option(names = "--svg", paramLabel = "FILE", description = "Also draw the profile.")
  private Optional<Path> svg = Optional.empty();

  ProfileCommand() {}

  @Override
  public void run() {
    EngineConfig config = options.config();
    Map<String, Object> report = new LinkedHashMap<>();
    try (ModelPair models = options.openModels(output)) {
      Devices devices = Devices.discover();
      for (DeviceSpec spec : options.specs(devices, models, config)) {
        profile(devices, spec, report);
      }
    }
    if (output.json()) {
      output.printJson(report);
    }
  }

  private void profile(Devices devices, DeviceSpec spec, Map<String, Object> report) {
    ProfileCache cache = ProfileCache.ofUser();
    try (Device device = devices.open(spec)) {
      ProfileKey key = ProfileKey.of(spec, device.info());
      Optional<CostProfile> stored = refresh ? Optional.empty() : cache.load(key);
      CostProfile profile = stored.orElseGet(() -> measure(device));
      Path file = cache.store(key, profile);
      ObjectNode json = ProfileJson.write(profile);
      report.put(spec.name(), new ObjectMapper().convertValue(json, Map.class));
      if (svg.isPresent()) {
        Files.writeString(svg.get(), ProfilePlot.svg(key.device() + ": " + key.target(), profile));
      }
      if (!output.json()) {
        output.out().println(key.device() + ", " + key.machine());
        output.out().print(ProfileTable.text(profile));
        output.remark((stored.isPresent() ? "stored in " : "measured, stored in ") + file);
      }
    } catch (IOException e) {
      throw new CommandFailure("cannot write the profile: " + e.getMessage(), e);
    }
  }

  private CostProfile measure(Device device) {
    DeviceProfiler profiler = new DeviceProfiler(device, DeviceProfiler.BUDGET);
    try (Progress progress = output.progress("measuring")) {
      progress.update(() -> "measuring, " + Math.round(100 * profiler.progress()) + " %");
      CostProfile profile = profiler.measure();
      if (profiler.measuredPoints() < profiler.points()) {
        output.remark(
            String.format(
                Locale.ROOT,
                "%d of %d points were left out, for they would have taken longer than %d s; on a"
                    + " machine that was busy, measure again with --refresh",
                profiler.points() - profiler.measuredPoints(),
                profiler.points(),
                DeviceProfiler.BUDGET.toSeconds()));
      }
      return profile;
    }
  }
}
