package io.adaspec.api.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A WebSocket client (RFC 6455) that may misbehave: frames of any kind, pings left unanswered. */
final class SocketClient implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;
  private static final int FIN = 0x80;
  private static final int MASKED = 0x80;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;

  private static final List<String> UPGRADE =
      List.of(
          "Upgrade: websocket",
          "Connection: Upgrade",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

  final RawConnection connection;
  final RawConnection.Head head;
  private boolean answersPings = true;

  /** A frame of the server. */
  record Frame(int opcode, byte[] payload) {
    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** Of a close frame; 1005 when it has none. */
    int closeCode() {
      return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
    }
  }

  private SocketClient(RawConnection connection, RawConnection.Head head) {
    this.connection = connection;
    this.head = head;
  }

  /** Asks for an upgrade; whether it was granted says {@link #head}. */
  static SocketClient ask(int port, int receiveBytes, String... headers) throws IOException {
    RawConnection connection = new RawConnection(port, receiveBytes);
    StringBuilder head = new StringBuilder("GET /v1/responses HTTP/1.1\r\n");
    head.append("Host: localhost:").append(port).append("\r\n");
    for (String header : UPGRADE) {
      head.append(header).append("\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    connection.write(head.append("\r\n").toString());
    return new SocketClient(connection, connection.head());
  }

  static SocketClient open(int port, String... headers) throws IOException {
    return open(port, 0, headers);
  }

  static SocketClient open(int port, int receiveBytes, String... headers) throws IOException {
    SocketClient client = ask(port, receiveBytes, headers);
    if (client.head.status() != 101) {
      throw new AssertionError("no upgrade: " + client.head);
    }
    return client;
  }

  /** From now on the server's pings stay unanswered. */
  void ignorePings() {
    answersPings = false;
  }

  void send(String text) throws IOException {
    send(true, TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  void send(boolean last, int opcode, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write((last ? FIN : 0) | opcode);
    if (payload.length < LENGTH_16) {
      frame.write(MASKED | payload.length);
    } else if (payload.length <= 0xffff) {
      frame.write(MASKED | LENGTH_16);
      frame.writeBytes(ByteBuffer.allocate(2).putShort((short) payload.length).array());
    } else {
      frame.write(MASKED | LENGTH_64);
      frame.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    byte[] mask = {1, 2, 3, 4};
    frame.writeBytes(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ mask[i % 4]);
    }
    connection.write(frame.toByteArray());
  }

  /** The next frame of any kind; pings are answered on the way, unless told otherwise. */
  Frame frame() throws IOException {
    int opcode = connection.read() & 0xf;
    int length = connection.read();
    if (length == LENGTH_16) {
      length = ByteBuffer.wrap(connection.read(2)).getShort() & 0xffff;
    } else if (length == LENGTH_64) {
      length = Math.toIntExact(ByteBuffer.wrap(connection.read(8)).getLong());
    }
    Frame frame = new Frame(opcode, connection.read(length));
    if (opcode == PING && answersPings) {
      send(true, PONG, frame.payload());
    }
    return frame;
  }

  /** The next event. */
  JsonNode event() throws IOException {
    Frame frame = frame();
    while (frame.opcode() == PING || frame.opcode() == PONG) {
      frame = frame();
    }
    if (frame.opcode() != TEXT) {
      throw new AssertionError(
          "not a text frame: " + frame.opcode() + ", close code " + frame.closeCode());
    }
    return Caller.parse(frame.text());
  }

  /** Events up to and including the first of a type. */
  List<JsonNode> eventsTo(String type) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    do {
      events.add(event());
    } while (!events.getLast().path("type").asText().equals(type));
    return events;
  }

  /** Skips everything before the close frame. */
  Frame closeFrame() throws IOException {
    Frame frame = frame();
    while (frame.opcode() != CLOSE) {
      frame = frame();
    }
    return frame;
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
