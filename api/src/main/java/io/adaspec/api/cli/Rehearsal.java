package io.adaspec.api.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * One streamed request to the server of this process. The build runs it to record which classes and
 * methods a start takes, see the module's pom.
 */
final class Rehearsal {
  private static final String BODY =
      "{\"prompt\":\"Once upon a time\",\"max_tokens\":48,\"ignore_eos\":true,\"stream\":true}";

  private Rehearsal() {}

  /**
   * Sends it and reads the answer to its end.
   *
   * @throws CommandFailure if the answer is none
   */
  static void run(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      OutputStream out = socket.getOutputStream();
      out.write(request().getBytes(StandardCharsets.US_ASCII));
      out.flush();
      InputStream in = socket.getInputStream();
      String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      if (!answer.contains("[DONE]")) {
        throw new CommandFailure("the rehearsal got no answer: " + answer);
      }
    } catch (IOException e) {
      throw new CommandFailure("the rehearsal failed: " + e.getMessage(), e);
    }
  }

  private static String request() {
    return String.join(
        "\r\n",
        "POST /v1/completions HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        "Content-Type: application/json",
        "Content-Length: " + BODY.length(),
        "",
        BODY);
  }
}
