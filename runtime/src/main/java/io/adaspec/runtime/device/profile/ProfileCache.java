package io.adaspec.runtime.device.profile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.runtime.speculation.CostProfile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Profiles on disk, one small JSON file for each device and pair of models. The whole {@link
 * ProfileKey} stands in the file and must be equal; a damaged or stale file counts as none.
 * Thread-safe.
 */
public final class ProfileCache {
  private static final long MOST_BYTES = 1 << 20;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path folder;

  /**
   * @param folder made when the first profile is stored
   */
  public ProfileCache(Path folder) {
    this.folder = folder;
  }

  /** A cache below the user's cache folder. */
  public static ProfileCache ofUser() {
    String xdg = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
    Path base =
        xdg.isEmpty() ? Path.of(System.getProperty("user.home", "."), ".cache") : Path.of(xdg);
    return new ProfileCache(base.resolve("adaspec").resolve("profiles"));
  }

  /** The stored profile of that key; empty when there is none or it is stale or damaged. */
  public Optional<CostProfile> load(ProfileKey key) {
    Path file = file(key);
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
        return Optional.empty();
      }
      JsonNode json = MAPPER.readTree(Files.readString(file));
      return json.path("key").equals(ProfileJson.key(key))
          ? Optional.of(ProfileJson.read(json.path("profile")))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Stores a profile, replacing an earlier one of the same device and models.
   *
   * @return the file
   */
  public Path store(ProfileKey key, CostProfile profile) throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    json.set("key", ProfileJson.key(key));
    json.set("profile", ProfileJson.write(profile));
    Files.createDirectories(folder);
    Path file = file(key);
    Path written = Files.createTempFile(folder, "profile", ".json");
    Files.writeString(written, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json));
    Files.move(written, file, StandardCopyOption.REPLACE_EXISTING);
    return file;
  }

  /** Named after device and models, so that a stale profile is overwritten by its successor. */
  private Path file(ProfileKey key) {
    CRC32 sum = new CRC32();
    String what = key.device() + '\n' + key.target() + '\n' + key.draft();
    sum.update(what.getBytes(StandardCharsets.UTF_8));
    return folder.resolve(HexFormat.of().toHexDigits((int) sum.getValue()) + ".json");
  }
}
