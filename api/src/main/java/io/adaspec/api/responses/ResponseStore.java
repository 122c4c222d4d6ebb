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
 * Conversations that later turns may continue, in memory: bounded in number for each owner, in
 * weight over all, and in age. An answer is found by its own owner only. The weight of a
 * conversation is its characters and a constant for it and each of its messages, so that empty ones
 * do not come for nothing. Thread-safe.
 */
final class ResponseStore {
  /** Characters that the objects around one conversation, and around one message, are worth. */
  static final int CONVERSATION_WEIGHT = 256;

  static final int MESSAGE_WEIGHT = 256;

  private final int maxPerOwner;
  private final long maxWeight;
  private final long keepNanos;
  private final NanoClock clock;

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long weight;

  ResponseStore(int maxPerOwner, long maxWeight, Duration keep, NanoClock clock) {
    this.maxPerOwner = maxPerOwner;
    this.maxWeight = maxWeight;
    this.keepNanos = keep.toNanos();
    this.clock = clock;
  }

  private record Entry(
      Principal owner, List<Map<String, Object>> messages, long weight, long addedNanos) {}

  /** Keeps the conversation that ends with an answer; the oldest ones make room. */
  synchronized void put(String id, Principal owner, List<Map<String, Object>> messages) {
    long more = CONVERSATION_WEIGHT + messages.stream().mapToLong(ResponseStore::weight).sum();
    if (more > maxWeight) {
      return;
    }
    dropExpired();
    while (count(owner) >= maxPerOwner) {
      dropOldest(Optional.of(owner));
    }
    while (weight + more > maxWeight) {
      dropOldest(Optional.empty());
    }
    entries.put(id, new Entry(owner, List.copyOf(messages), more, clock.nanoTime()));
    weight += more;
  }

  /** The conversation up to an answer; empty if it is unknown, too old or somebody else's. */
  synchronized Optional<List<Map<String, Object>>> get(String id, Principal owner) {
    dropExpired();
    return Optional.ofNullable(entries.get(id))
        .filter(entry -> entry.owner().equals(owner))
        .map(Entry::messages);
  }

  synchronized int size() {
    dropExpired();
    return entries.size();
  }

  /** Drops all that an owner has, who does not come back. */
  synchronized void forget(Principal owner) {
    while (count(owner) > 0) {
      dropOldest(Optional.of(owner));
    }
  }

  private static long weight(Map<String, Object> message) {
    return MESSAGE_WEIGHT
        + message.values().stream().mapToLong(value -> String.valueOf(value).length()).sum();
  }

  private long count(Principal owner) {
    return entries.values().stream().filter(each -> each.owner().equals(owner)).count();
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
      weight -= entry.weight();
    }
  }

  private void dropOldest(Optional<Principal> of) {
    Iterator<Entry> oldestFirst = entries.values().iterator();
    while (oldestFirst.hasNext()) {
      Entry entry = oldestFirst.next();
      if (of.isEmpty() || of.get().equals(entry.owner())) {
        oldestFirst.remove();
        weight -= entry.weight();
        return;
      }
    }
  }
}
