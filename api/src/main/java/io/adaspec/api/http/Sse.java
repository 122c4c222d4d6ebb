package io.adaspec.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.pekko.util.ByteString;

/** Encodes server-sent events. JSON text has no line breaks, so one {@code data} line suffices. */
public final class Sse {
  private static final ByteString DATA = ByteString.fromString("data: ");
  private static final ByteString END = ByteString.fromString("\n\n");

  /** The end of a completions stream. */
  public static final ByteString DONE = ByteString.fromString("data: [DONE]\n\n");

  /** A comment, which clients ignore: keeps silent streams open. */
  public static final ByteString PING = ByteString.fromString(": ping\n\n");

  private Sse() {}

  /** {@code data: …}. */
  public static ByteString data(JsonNode node) {
    return DATA.concat(Json.encode(node)).concat(END).compact();
  }

  /** {@code event: …} and {@code data: …}. */
  public static ByteString event(String name, JsonNode node) {
    return ByteString.fromString("event: " + name + "\n").concat(data(node)).compact();
  }
}
