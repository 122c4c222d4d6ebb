package io.adaspec.api.responses;

/**
 * Why the server closes a WebSocket.
 *
 * @param code of RFC 6455, section 7.4
 * @param text for people; at most 123 bytes
 */
record CloseReason(int code, String text) {
  private static final int POLICY = 1008;
  private static final int TOO_BIG = 1009;
  private static final int INTERNAL = 1011;
  private static final int RESTART = 1012;
  private static final int TRY_LATER = 1013;

  static CloseReason policy(String text) {
    return new CloseReason(POLICY, text);
  }

  static CloseReason tooBig(int limit) {
    return new CloseReason(TOO_BIG, "messages are limited to " + limit + " bytes");
  }

  static CloseReason internal() {
    return new CloseReason(INTERNAL, "internal error");
  }

  static CloseReason restart() {
    return new CloseReason(RESTART, "the server shuts down");
  }

  static CloseReason tryLater() {
    return new CloseReason(TRY_LATER, "too many messages are being read; try again later");
  }
}
