package io.adaspec.runtime.device.profile;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.CostProfile.Measurement;
import io.adaspec.runtime.speculation.CostProfile.Pass;
import io.adaspec.runtime.speculation.PassCurve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileCacheTest {
  private static final ProfileKey KEY = new ProfileKey("cpu", "a, 2 cores", "t", "d", "1");
  private static final CostProfile PROFILE =
      new CostProfile(
          new PassCurve(List.of(1, 2, 8), List.of(100.5, 110.0, 300.0), 0.25),
          Optional.of(new PassCurve(List.of(1), List.of(10.0), 0)),
          1.5,
          2,
          3,
          List.of(new Measurement(Pass.VERIFY, 2, 16, 120)));

  @TempDir private Path folder;

  @Test
  void givesBackWhatWasStored() throws IOException {
    ProfileCache cache = new ProfileCache(folder.resolve("new"));
    assertThat(cache.load(KEY)).isEmpty();
    cache.store(KEY, PROFILE);
    assertThat(cache.load(KEY)).contains(PROFILE);
  }

  @Test
  void refusesAProfileOfAnythingElse() throws IOException {
    ProfileCache cache = new ProfileCache(folder);
    cache.store(KEY, PROFILE);
    List<ProfileKey> others =
        List.of(
            new ProfileKey("cuda:0", "a, 2 cores", "t", "d", "1"),
            new ProfileKey("cpu", "a, 4 cores", "t", "d", "1"),
            new ProfileKey("cpu", "a, 2 cores", "u", "d", "1"),
            new ProfileKey("cpu", "a, 2 cores", "t", "none", "1"),
            new ProfileKey("cpu", "a, 2 cores", "t", "d", "2"));
    for (ProfileKey other : others) {
      assertThat(cache.load(other)).as("%s", other).isEmpty();
    }
    assertThat(cache.load(KEY)).isPresent();
  }

  @Test
  void aDamagedFileCountsAsNone() throws IOException {
    ProfileCache cache = new ProfileCache(folder);
    Path file = cache.store(KEY, PROFILE);
    String sound = Files.readString(file);
    List<String> damages =
        List.of(
            "",
            "{",
            "[]",
            sound.substring(0, sound.length() / 2),
            sound.replace("110.0", "1.0"),
            sound.replace("VERIFY", "GUESS"),
            sound.replace("\"per_step\"", "\"other\""));
    for (String damaged : damages) {
      Files.writeString(file, damaged);
      assertThat(cache.load(KEY)).as(damaged).isEmpty();
    }
  }
}
