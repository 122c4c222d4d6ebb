package io.adaspec.runtime.request;

import java.util.List;

/**
 * One validated request: everything the engine needs to know of it.
 *
 * @param id unique within the engine
 * @param prompt at least one token
 * @param maxOutputTokens at least one
 * @param stopTokens ids that end the output (they are not emitted); empty to ignore end-of-sequence
 * @param stopStrings texts that end the output (neither they nor what follows is emitted); at most
 *     {@link #MAX_STOP_STRINGS}
 * @param sampling how tokens are chosen
 * @param serviceClass priority class
 * @param slo latency targets
 * @param speculation wishes about speculation
 * @param cacheSalt prefix-cache entries are shared only between requests of equal salt; empty for
 *     the common one
 * @param arrivalNanos when it arrived, on the engine's clock
 */
public record InferenceRequest(
    RequestId id,
    TokenIds prompt,
    int maxOutputTokens,
    TokenIds stopTokens,
    List<String> stopStrings,
    SamplingParams sampling,
    ServiceClass serviceClass,
    SloTarget slo,
    SpeculationPreference speculation,
    String cacheSalt,
    long arrivalNanos) {

  /** The most stop strings of one request. */
  public static final int MAX_STOP_STRINGS = 16;

  public InferenceRequest {
    stopStrings = List.copyOf(stopStrings);
    if (stopStrings.size() > MAX_STOP_STRINGS || stopStrings.contains("")) {
      throw new IllegalArgumentException(
          "a request has at most "
              + MAX_STOP_STRINGS
              + " stop strings, none of them empty; got "
              + stopStrings.size());
    }
    if (prompt.isEmpty()) {
      throw new IllegalArgumentException("the prompt is empty; give at least one token");
    }
    if (maxOutputTokens <= 0) {
      throw new IllegalArgumentException("max tokens must be positive, not " + maxOutputTokens);
    }
  }

  /** The same request with other latency targets. */
  public InferenceRequest withSlo(SloTarget targets) {
    return new InferenceRequest(
        id,
        prompt,
        maxOutputTokens,
        stopTokens,
        stopStrings,
        sampling,
        serviceClass,
        targets,
        speculation,
        cacheSalt,
        arrivalNanos);
  }

  /** The same request, as it arrived on another clock. */
  public InferenceRequest arrivedAt(long nanos) {
    return new InferenceRequest(
        id,
        prompt,
        maxOutputTokens,
        stopTokens,
        stopStrings,
        sampling,
        serviceClass,
        slo,
        speculation,
        cacheSalt,
        nanos);
  }

  /** Starts a greedy, best-effort request of the standard class without stop tokens. */
  public static Builder builder(
      String id, TokenIds prompt, int maxOutputTokens, long arrivalNanos) {
    return new Builder(id, prompt, maxOutputTokens, arrivalNanos);
  }

  /**
   * Collects the optional parts of a request; everything is validated by {@link #build}. Not
   * thread-safe.
   */
  public static final class Builder {
    private final String id;
    private final TokenIds prompt;
    private final int maxOutputTokens;
    private final long arrivalNanos;
    private TokenIds stopTokens = TokenIds.empty();
    private List<String> stopStrings = List.of();
    private SamplingParams sampling = SamplingParams.greedy();
    private ServiceClass serviceClass = ServiceClass.STANDARD;
    private SloTarget slo = SloTarget.none();
    private SpeculationPreference speculation = SpeculationPreference.auto();
    private String cacheSalt = "";

    private Builder(String id, TokenIds prompt, int maxOutputTokens, long arrivalNanos) {
      this.id = id;
      this.prompt = prompt;
      this.maxOutputTokens = maxOutputTokens;
      this.arrivalNanos = arrivalNanos;
    }

    public Builder stopTokens(TokenIds value) {
      stopTokens = value;
      return this;
    }

    public Builder stopStrings(List<String> value) {
      stopStrings = value;
      return this;
    }

    public Builder sampling(SamplingParams value) {
      sampling = value;
      return this;
    }

    public Builder serviceClass(ServiceClass value) {
      serviceClass = value;
      return this;
    }

    public Builder slo(SloTarget value) {
      slo = value;
      return this;
    }

    public Builder speculation(SpeculationPreference value) {
      speculation = value;
      return this;
    }

    public Builder cacheSalt(String value) {
      cacheSalt = value;
      return this;
    }

    /**
     * The finished request.
     *
     * @throws IllegalArgumentException if a part is invalid
     */
    public InferenceRequest build() {
      return new InferenceRequest(
          new RequestId(id),
          prompt,
          maxOutputTokens,
          stopTokens,
          stopStrings,
          sampling,
          serviceClass,
          slo,
          speculation,
          cacheSalt,
          arrivalNanos);
    }
  }
}
