package io.adaspec.api.responses;

import io.adaspec.api.http.Principal;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Conversations that later turns may continue, in memory: bounded in number for each principal, in
 * text over all, and in age. An answer is found by its own principal only. Thread-safe.
 */
final class ResponseStore {
  private final int maxPerPrincipal;
  private final long maxCharacters;
  private final long keepNanos;
  private final NanoClock clock;

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long characters;

  ResponseStore(int maxPerPrincipal, long maxCharacters, Duration keep, NanoClock clock) {
    this.maxPerPrincipal = maxPerPrincipal;
    this.maxCharacters = maxCharacters;
    this.keepNanos = keep.toNanos();
    this.clock = clock;
  }

  private record Entry(
      Principal principal, List<Map<String, Object>> messages, long characters, long addedNanos) {}

  /** Keeps the conversation that ends with an answer; the oldest ones make room. */
  synchronized void put(String id, Principal principal, List<Map<String, Object>> messages) {
    long size =
        messages.stream().mapToLong(each -> String.valueOf(each.get("content")).length()).sum();
    if (size > maxCharacters) {
      return;
    }
    dropExpired();
    while (count(principal) >= maxPerPrincipal) {
      dropOldest(Optional.of(principal));
    }
    while (characters + size > maxCharacters) {
      dropOldest(Optional.empty());
    }
    entries.put(id, new Entry(principal, List.copyOf(messages), size, clock.nanoTime()));
    characters += size;
  }

  /** The conversation up to an answer; empty if it is unknown, too old or somebody else's. */
  synchronized Optional<List<Map<String, Object>>> get(String id, Principal principal) {
    dropExpired();
    return Optional.ofNullable(entries.get(id))
        .filter(entry -> entry.principal().equals(principal))
        .map(Entry::messages);
  }

  synchronized int size() {
    dropExpired();
    return entries.size();
  }

  private long count(Principal principal) {
    return entries.values().stream().filter(each -> each.principal().equals(principal)).count();
  }

  private void dropExpired() {
    long now = clock.nanoTime();
    Iterator<Entry> oldestFirst = entries.values().iterator();
    while (oldestFirst.hasNext()) {
      Entry entry = oldestFirst.next();
      if (now - entry.addedNanos() < keepNanos) {
        return;
      }
      oldestFirst.remove();
      characters -= entry.characters();
    }
  }

  private void dropOldest(Optional<Principal> of) {
    Iterator<Entry> oldestFirst = entries.values().iterator();
    while (oldestFirst.hasNext()) {
      Entry entry = oldestFirst.next();
      if (of.isEmpty() || of.get().equals(entry.principal())) {
        oldestFirst.remove();
        characters -= entry.characters();
        return;
      }
    }
  }
}
