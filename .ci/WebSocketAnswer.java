import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks for one answer over the Responses WebSocket protocol and checks that it comes in pieces and
 * ends. Run as {@code java WebSocketAnswer.java ws://HOST:PORT/v1/responses}; no library needed.
 */
final class WebSocketAnswer implements WebSocket.Listener {
  private static final String MESSAGE =
      """
      {"type":"response.create","model":"storyteller","input":"Once upon a time",
       "max_output_tokens":32,"ignore_eos":true}
      """;
  private static final int PATIENCE_SECONDS = 60;
  private static final int LEAST_DELTAS = 4;
  private static final Pattern TYPE =
      Pattern.compile("\"type\":\"((?:response\\.|error)[a-z_.]*)\"");

  private final CompletableFuture<Integer> answer = new CompletableFuture<>();
  private final StringBuilder message = new StringBuilder();
  private int deltas;

  public static void main(String[] args) throws Exception {
    WebSocketAnswer listener = new WebSocketAnswer();
    try (HttpClient client = HttpClient.newHttpClient()) {
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .buildAsync(URI.create(args[0]), listener)
              .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      socket.sendText(MESSAGE, true);
      int pieces = listener.answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (pieces < LEAST_DELTAS) {
        throw new IllegalStateException("the answer came in " + pieces + " pieces only");
      }
      System.out.println(pieces + " text deltas, then the end");
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      socket.abort();
    }
  }

  @Override
  public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    message.append(data);
    if (last) {
      onEvent(message.toString());
      message.setLength(0);
    }
    socket.request(1);
    return null;
  }

  private void onEvent(String event) {
    System.out.println(event);
    Matcher type = TYPE.matcher(event);
    String name = type.find() ? type.group(1) : "";
    switch (name) {
      case "response.output_text.delta" -> deltas++;
      // "length" ends an answer as incomplete, which is an end like any other here
      case "response.completed", "response.incomplete" -> answer.complete(deltas);
      case "error", "response.failed" ->
          answer.completeExceptionally(new IllegalStateException(event));
      default -> {}
    }
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    answer.completeExceptionally(error);
  }

  @Override
  public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    answer.completeExceptionally(new IllegalStateException("closed: " + code + " " + reason));
    return null;
  }
}
