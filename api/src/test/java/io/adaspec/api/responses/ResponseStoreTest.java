package io.adaspec.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.api.http.Principal;
import io.adaspec.runtime.time.VirtualClock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResponseStoreTest {
  private static final Principal ANN = new Principal("ann");
  private static final Principal BOB = new Principal("bob");
  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

  private final VirtualClock clock = new VirtualClock(0);
  private final ResponseStore store = new ResponseStore(3, 5_000, Duration.ofMinutes(10), clock);

  private static List<Map<String, Object>> said(String text) {
    return List.of(Map.of("role", "user", "content", text));
  }

  @Test
  void keepsForTenMinutes() {
    store.put("a", ANN, said("a"));
    clock.advance(10 * MINUTE_NANOS - 1);
    assertThat(store.get("a", ANN)).contains(said("a"));
    clock.advance(1);
    assertThat(store.get("a", ANN)).isEmpty();
    assertThat(store.size()).isZero();
  }

  @Test
  void showsNobodyWhatIsAnothers() {
    store.put("a", ANN, said("secret"));
    assertThat(store.get("a", BOB)).isEmpty();
    assertThat(store.get("a", ANN)).isPresent();
  }

  @Test
  void theOldestOfTheSamePrincipalMakesRoom() {
    store.put("b", BOB, said("b"));
    for (String id : List.of("1", "2", "3", "4")) {
      store.put(id, ANN, said(id));
    }
    assertThat(store.get("1", ANN)).isEmpty();
    assertThat(store.get("2", ANN)).isPresent();
    assertThat(store.get("b", BOB)).isPresent();
  }

  @Test
  void textIsBoundedOverAll() {
    store.put("1", ANN, said("x".repeat(3_000)));
    store.put("2", BOB, said("x".repeat(3_000)));
    assertThat(store.get("1", ANN)).isEmpty();
    assertThat(store.get("2", BOB)).isPresent();
    store.put("3", BOB, said("x".repeat(5_001)));
    assertThat(store.get("3", BOB)).isEmpty();
    assertThat(store.get("2", BOB)).isPresent();
  }

  @Test
  void namesAndEmptyMessagesCountToo() {
    store.put(
        "named", ANN, List.of(Map.of("role", "user", "content", "", "name", "n".repeat(5_000))));
    assertThat(store.get("named", ANN)).isEmpty();
    store.put("empty", ANN, Collections.nCopies(20, Map.of("role", "user", "content", "")));
    assertThat(store.get("empty", ANN)).isEmpty();
  }
}
