package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.WaitingView;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Requests that no scheduler has placed yet, most urgent first: by class, then by the time their
 * first token is due, then by arrival. Shared by all schedulers of an engine and bounded in
 * requests and in tokens. Not thread-safe.
 */
public final class WaitingQueue {
  /** The order in which sequences are placed and, reversed, preempted. */
  static final Comparator<Sequence> URGENCY =
      Comparator.<Sequence, ServiceClass>comparing(s -> s.request().serviceClass())
          .thenComparingLong(Sequence::ttftDeadlineNanos)
          .thenComparingLong(s -> s.request().arrivalNanos())
          .thenComparing(s -> s.id().value());

  private final int maxRequests;
  private final long maxTokens;
  private final TreeSet<Sequence> byUrgency = new TreeSet<>(URGENCY);
  private final Map<RequestId, Sequence> byId = new HashMap<>();
  private long tokens;
  private int apart;

  /**
   * @param maxRequests most requests that may wait
   * @param maxTokens most tokens their prompts may have together
   */
  public WaitingQueue(int maxRequests, long maxTokens) {
    if (maxRequests <= 0 || maxTokens <= 0) {
      throw new IllegalArgumentException(
          "a waiting queue of "
              + maxRequests
              + " requests and "
              + maxTokens
              + " tokens holds nothing; both must be positive");
    }
    this.maxRequests = maxRequests;
    this.maxTokens = maxTokens;
  }

  public int maxRequests() {
    return maxRequests;
  }

  public long maxTokens() {
    return maxTokens;
  }

  public int size() {
    return byUrgency.size();
  }

  public boolean isEmpty() {
    return byUrgency.isEmpty();
  }

  /** Prompt tokens (after a failover: known tokens) of all waiting requests. */
  public long tokens() {
    return tokens;
  }

  public boolean contains(RequestId id) {
    return byId.containsKey(id);
  }

  /**
   * Adds a new request.
   *
   * @return false when the queue is full; ask {@link AdmissionControl} first for the reason
   * @throws IllegalArgumentException if a request of that id waits already
   */
  public boolean submit(InferenceRequest request) {
    if (size() >= maxRequests || tokens + request.prompt().size() > maxTokens) {
      return false;
    }
    adopt(new Sequence(request));
    return true;
  }

  /** Takes in a sequence that another scheduler released, whatever the bounds say. */
  public void adopt(Sequence sequence) {
    if (byId.putIfAbsent(sequence.id(), sequence) != null) {
      throw new IllegalArgumentException("a request of id " + sequence.id() + " waits already");
    }
    byUrgency.add(sequence);
    tokens += sequence.knownTokens();
    apart += sequence.isApart() ? 1 : 0;
  }

  /** Drops a waiting request; false when it does not wait here. */
  public boolean cancel(RequestId id) {
    Sequence sequence = byId.get(id);
    if (sequence == null) {
      return false;
    }
    remove(sequence);
    return true;
  }

  /** The most urgent request that is admitted and shorter than {@code capacityTokens}. */
  Optional<Sequence> first(int capacityTokens, Predicate<Sequence> admitted) {
    for (Sequence sequence : byUrgency) {
      if (sequence.knownTokens() < capacityTokens && admitted.test(sequence)) {
        return Optional.of(sequence);
      }
    }
    return Optional.empty();
  }

  /** The most urgent one that runs apart, is not paused and is shorter than the capacity. */
  Optional<Sequence> firstApart(int capacityTokens) {
    return apart == 0
        ? Optional.empty()
        : first(capacityTokens, sequence -> sequence.isApart() && !sequence.isPaused());
  }

  /** Requests that no scheduler of so much capacity can ever place. */
  public List<RequestId> longerThan(int capacityTokens) {
    return byUrgency.stream()
        .filter(sequence -> sequence.knownTokens() >= capacityTokens)
        .map(Sequence::id)
        .toList();
  }

  Optional<Sequence> find(RequestId id) {
    return Optional.ofNullable(byId.get(id));
  }

  void remove(Sequence sequence) {
    byUrgency.remove(sequence);
    byId.remove(sequence.id());
    tokens -= sequence.knownTokens();
    apart -= sequence.isApart() ? 1 : 0;
  }

  /** Prompt tokens of those that would be placed before {@code request}. */
  public long tokensBefore(InferenceRequest request) {
    return byUrgency.headSet(new Sequence(request)).stream().mapToLong(Sequence::knownTokens).sum();
  }

  /** How many would be placed before {@code request}. */
  public int positionOf(InferenceRequest request) {
    return byUrgency.headSet(new Sequence(request)).size();
  }

  /** The queue as a strategy sees it. */
  public WaitingView view(long nowNanos) {
    WaitingView view = WaitingView.empty();
    for (Sequence sequence : byUrgency) {
      view = view.and(sequence.knownTokens(), sequence.ttftDeadlineNanos(), nowNanos);
    }
    return view;
  }
}
