package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.WaitingView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Requests that no scheduler has placed yet, most urgent first: by class, then by the time their
 * first token is due, then by arrival. Who cannot meet its TTFT target any more comes after those
 * of its class that can, so that one late request does not make all later ones late; one of {@value
 * #FAIR_SHARE} requests that are taken is the first of these, so that none waits for ever. Shared
 * by all schedulers of an engine and bounded in requests and in tokens. Not thread-safe.
 */
public final class WaitingQueue {
  /** The order in which sequences are placed and, reversed, preempted. */
  static final Comparator<Sequence> URGENCY =
      Comparator.<Sequence, ServiceClass>comparing(s -> s.request().serviceClass())
          .thenComparingLong(Sequence::ttftDeadlineNanos)
          .thenComparingLong(s -> s.request().arrivalNanos())
          .thenComparing(s -> s.id().value());

  /** The order in which prompts are computed: the late ones of a class after the others. */
  static final Comparator<Sequence> SERVICE =
      Comparator.<Sequence, ServiceClass>comparing(s -> s.request().serviceClass())
          .thenComparing(Sequence::isLate)
          .thenComparing(URGENCY);

  private static final int FAIR_SHARE = 8;

  private final int maxRequests;
  private final long maxTokens;
  private final TreeSet<Sequence> byUrgency = new TreeSet<>(URGENCY);
  private final LateSequences late = new LateSequences();
  private final Map<RequestId, Sequence> byId = new HashMap<>();
  private long tokens;
  private int apart;
  private long taken;

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
    return byId.size();
  }

  public boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Prompt tokens (after a failover: known tokens) of all waiting requests. */
  public long tokens() {
    return tokens;
  }

  /** Whether another request of the mean length of those that wait would not be taken. */
  public boolean isSaturated() {
    return size() >= maxRequests || (!isEmpty() && tokens + tokens / size() > maxTokens);
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
    if (sequence.isLate()) {
      late.add(sequence);
    } else {
      byUrgency.add(sequence);
    }
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

  /** Judges anew who can meet its TTFT target; see {@link Sequence#judge}. */
  void judge(long nowNanos, double nanosPerToken) {
    List<Sequence> rescued = new ArrayList<>();
    late.judge(nowNanos, nanosPerToken, rescued::add);
    for (Iterator<Sequence> all = byUrgency.iterator(); all.hasNext(); ) {
      Sequence sequence = all.next();
      sequence.judge(nowNanos, nanosPerToken);
      if (sequence.isLate()) {
        all.remove();
        late.add(sequence);
      }
    }
    byUrgency.addAll(rescued);
  }

  /** Whether the late have their turn. */
  private boolean isTurnOfLate() {
    return taken % FAIR_SHARE == FAIR_SHARE - 1;
  }

  /** Whether a waiting request has its turn although it is late. */
  boolean hasTurn(Sequence sequence) {
    return isTurnOfLate() && contains(sequence.id()) && sequence.isLate();
  }

  /** The next request that is admitted and shorter than {@code capacityTokens}. */
  Optional<Sequence> first(int capacityTokens, Predicate<Sequence> admitted) {
    Optional<Sequence> hopeful = first(byUrgency, capacityTokens, admitted);
    Optional<Sequence> behind = first(late.byUrgency(), capacityTokens, admitted);
    if (hopeful.isEmpty() || behind.isEmpty()) {
      return hopeful.or(() -> behind);
    }
    int order =
        hopeful.get().request().serviceClass().compareTo(behind.get().request().serviceClass());
    return order > 0 || (order == 0 && isTurnOfLate()) ? behind : hopeful;
  }

  private static Optional<Sequence> first(
      Set<Sequence> sequences, int capacityTokens, Predicate<Sequence> admitted) {
    for (Sequence sequence : sequences) {
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
    return byId.values().stream()
        .filter(sequence -> sequence.knownTokens() >= capacityTokens)
        .map(Sequence::id)
        .toList();
  }

  /** Removes a request that a scheduler places. */
  void take(Sequence sequence) {
    taken++;
    remove(sequence);
  }

  Optional<Sequence> find(RequestId id) {
    return Optional.ofNullable(byId.get(id));
  }

  void remove(Sequence sequence) {
    if (sequence.isLate()) {
      late.remove(sequence);
    } else {
      byUrgency.remove(sequence);
    }
    byId.remove(sequence.id());
    tokens -= sequence.knownTokens();
    apart -= sequence.isApart() ? 1 : 0;
  }

  /** Prompt tokens of those that would be placed before {@code request}. */
  public long tokensBefore(InferenceRequest request) {
    return late.above(request.serviceClass()).tokens()
        + moreUrgent(request).stream().mapToLong(Sequence::knownTokens).sum();
  }

  /** How many would be placed before {@code request}. */
  public int positionOf(InferenceRequest request) {
    return late.above(request.serviceClass()).requests() + moreUrgent(request).size();
  }

  /** Those that can meet their target; late ones come before it if they are of higher classes. */
  private Set<Sequence> moreUrgent(InferenceRequest request) {
    return byUrgency.headSet(new Sequence(request));
  }

  /** The queue as a strategy sees it. */
  public WaitingView view(long nowNanos) {
    WaitingView view = WaitingView.empty();
    for (Sequence sequence : byUrgency) {
      view = view.and(sequence.knownTokens(), sequence.ttftDeadlineNanos(), nowNanos);
    }
    return view.andWithoutDeadline(late.byUrgency().size());
  }
}
