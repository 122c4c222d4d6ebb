package io.adaspec.runtime.request;

/** Names a request for its whole life, unique within an engine. */
public record RequestId(String value) {
  private static final int MAX_LENGTH = 128;

  public RequestId {
    if (value.isEmpty() || value.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "a request id has 1 to " + MAX_LENGTH + " characters, not " + value.length());
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
