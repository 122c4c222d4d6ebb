package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.http.Sse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/**
 * Turns the events of one answer into server-sent events: for each output an opening chunk, text,
 * and a chunk with the finish reason; after the last output the usage, if asked for, and {@code
 * [DONE]}. One per stream; not thread-safe.
 */
final class ChunkEncoder {
  private final AnswerHead head;
  private final boolean includeUsage;
  private final boolean[] opened;
  private final List<Optional<GenerationSummary>> summaries = new ArrayList<>();

  ChunkEncoder(AnswerHead head, boolean includeUsage) {
    this.head = head;
    this.includeUsage = includeUsage;
    this.opened = new boolean[head.outputs()];
    for (int i = 0; i < head.outputs(); i++) {
      summaries.add(Optional.empty());
    }
  }

  /** The server-sent events for one event of the engine; possibly none. */
  List<ByteString> encode(ChoiceEvent event) {
    List<ByteString> chunks = new ArrayList<>();
    open(event.index(), chunks);
    switch (event.event()) {
      case TokenEvent.Tokens tokens -> {
        if (!tokens.text().isEmpty()) {
          chunks.add(delta(event.index(), tokens.text()));
        }
      }
      case TokenEvent.Finished finished -> finish(event.index(), finished, chunks);
    }
    return chunks;
  }

  private void open(int index, List<ByteString> chunks) {
    if (opened[index]) {
      return;
    }
    opened[index] = true;
    if (head.shape().hasRoleChunk()) {
      ObjectNode chunk = chunk();
      head.shape().putOpening(choice(chunk, index));
      chunks.add(Sse.data(chunk));
    }
    if (!head.echoes().get(index).isEmpty()) {
      chunks.add(delta(index, head.echoes().get(index)));
    }
  }

  private ByteString delta(int index, String text) {
    ObjectNode chunk = chunk();
    head.shape().putDelta(choice(chunk, index), text);
    return Sse.data(chunk);
  }

  private void finish(int index, TokenEvent.Finished finished, List<ByteString> chunks) {
    ObjectNode chunk = chunk();
    ObjectNode choice = choice(chunk, index);
    head.shape().putEnd(choice);
    choice.put("finish_reason", FinishReasons.of(finished.reason()));
    chunks.add(Sse.data(chunk));
    summaries.set(index, Optional.of(finished.summary()));
    if (summaries.stream().allMatch(Optional::isPresent)) {
      if (includeUsage) {
        chunks.add(Sse.data(usage()));
      }
      chunks.add(Sse.DONE);
    }
  }

  private ObjectNode usage() {
    ObjectNode chunk = head.envelope(head.shape().chunkObject());
    chunk.putArray("choices");
    chunk.set(
        "usage",
        Usage.completions(summaries.stream().flatMap(Optional::stream).toList(), head.choices()));
    return chunk;
  }

  private ObjectNode chunk() {
    ObjectNode chunk = head.envelope(head.shape().chunkObject());
    chunk.putArray("choices");
    if (includeUsage) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  private static ObjectNode choice(ObjectNode chunk, int index) {
    ArrayNode choices = (ArrayNode) chunk.get("choices");
    return choices.addObject().put("index", index).putNull("logprobs").putNull("finish_reason");
  }
}
