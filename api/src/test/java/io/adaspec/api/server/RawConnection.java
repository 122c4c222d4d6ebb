package io.adaspec.api.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A TCP connection that a test drives byte by byte, where clients are too well-behaved. */
final class RawConnection implements AutoCloseable {
  private static final int PATIENCE_MS = 15_000;

  private final Socket socket = new Socket();
  private final InputStream in;

  /**
   * Status and headers of an answer.
   *
   * @param headers by lower-case name
   */
  record Head(int status, Map<String, String> headers) {}

  RawConnection(int port) throws IOException {
    this(port, 0);
  }

  /**
   * Connects.
   *
   * @param receiveBytes size of the receive buffer; 0 for the system's choice
   */
  RawConnection(int port, int receiveBytes) throws IOException {
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MS);
    in =
        receiveBytes > 0
            ? socket.getInputStream()
            : new BufferedInputStream(socket.getInputStream());
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a whole POST of JSON with additional header lines. */
  void post(String path, String json, String... headers) throws IOException {
    int length = json.getBytes(StandardCharsets.UTF_8).length;
    write(head(path, headers) + "Content-Length: " + length + "\r\n\r\n" + json);
  }

  /** Sends the head of a POST to {@code /v1/completions}. */
  void begin(String... headers) throws IOException {
    write(head("/v1/completions", headers) + "\r\n");
  }

  private static String head(String path, String... headers) {
    StringBuilder head = new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\n");
    head.append("Host: localhost\r\n").append("Content-Type: application/json\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.toString();
  }

  /** One byte. */
  int read() throws IOException {
    int next = in.read();
    if (next < 0) {
      throw new EOFException("the server closed the connection");
    }
    return next;
  }

  byte[] read(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the server closed the connection");
    }
    return bytes;
  }

  /** Whether the server closes its side; whatever it sends before is skipped. */
  boolean ended() throws IOException {
    try {
      in.transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (SocketTimeoutException stillOpen) {
      return false;
    } catch (SocketException reset) {
      return true;
    }
  }

  /** Everything up to the end of the connection. */
  String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = read();
    while (next != '\n') {
      line.write(next);
      next = read();
    }
    return line.toString(StandardCharsets.UTF_8).stripTrailing();
  }

  Head head() throws IOException {
    int status = Integer.parseInt(line().split(" ", 3)[1]);
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Head(status, headers);
  }

  /** One chunk of a chunked answer; empty at its end. */
  String chunk() throws IOException {
    int size = Integer.parseInt(line(), 16);
    String chunk = new String(read(size), StandardCharsets.UTF_8);
    line();
    return chunk;
  }

  /** A body of known length. */
  String body(Head head) throws IOException {
    int length = Integer.parseInt(head.headers().getOrDefault("content-length", "0"));
    return new String(read(length), StandardCharsets.UTF_8);
  }

  /** Sends nothing more, and goes on reading. */
  void closeOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Whether there is something to read. */
  boolean hasInput() {
    try {
      return in.available() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Goes without a word, as a crashed client does. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
