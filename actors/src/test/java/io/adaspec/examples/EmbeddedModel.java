package io.adaspec.examples;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.EngineModel;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.profile.DeviceProfiler;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A model file as {@link EmbeddedEngine} takes it. The weights stay mapped as long as a device uses
 * them.
 *
 * @param name as requests ask for it
 * @param file what the file gives
 */
record EmbeddedModel(String name, LoadedModel file) {
  /** Opens a GGUF file or a Hugging Face folder. */
  static EmbeddedModel open(String name, Path path) throws IOException {
    return new EmbeddedModel(name, ModelFiles.open(path));
  }

  /** What the engine must know of it. */
  EngineModel model() {
    return new EngineModel(name, file.tokenizer(), file.config().contextTokens());
  }

  /** The processor's cores to run it, with blocks of 16 tokens and steps of up to 512 rows. */
  DeviceOpener cpu() {
    DeviceSpec spec =
        new DeviceSpec("cpu", Optional.of(file.forDevice()), Optional.empty(), 0, 0, 16, 512);
    return DeviceOpener.of(
        Devices.discover(),
        spec,
        device -> new DeviceProfiler(device, Duration.ofSeconds(1)).measure());
  }
}
