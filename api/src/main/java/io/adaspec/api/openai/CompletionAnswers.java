package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.Answers;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Failures;
import io.adaspec.api.http.Sse;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Answers completions and chat completions, whole or streamed. */
final class CompletionAnswers {
  private final Generations generations;
  private final Duration pingInterval;

  /**
   * Answers from an engine.
   *
   * @param pingInterval how long a stream may be silent before a comment is sent
   */
  CompletionAnswers(Generations generations, Duration pingInterval) {
    this.generations = generations;
    this.pingInterval = pingInterval;
  }

  CompletionStage<HttpResponse> answer(
      AnswerHead head,
      StreamOptions streaming,
      List<InferenceRequest> requests,
      Exchange exchange) {
    return streaming.stream()
        ? generations.stream(requests, exchange)
            .thenApply(
                events ->
                    Answers.events(
                        encode(head, streaming, events), pingInterval, exchange.connection()))
        : generations.answered(requests, exchange, results -> Answers.json(whole(head, results)));
  }

  /**
   * A failure becomes an event before events are taken apart: it would overtake those that wait.
   */
  private Source<ByteString, NotUsed> encode(
      AnswerHead head, StreamOptions streaming, Source<ChoiceEvent, NotUsed> events) {
    ChunkEncoder encoder = new ChunkEncoder(head, streaming.includeUsage());
    return events
        .map(encoder::encode)
        .recover(
            new PFBuilder<Throwable, List<ByteString>>()
                .matchAny(failure -> List.of(Sse.data(Failures.toError(failure).toBody())))
                .build())
        .mapConcat(chunks -> chunks);
  }

  private static ObjectNode whole(AnswerHead head, List<ChoiceResult> results) {
    ObjectNode answer = head.envelope(head.shape().object());
    ArrayNode choices = answer.putArray("choices");
    for (int i = 0; i < results.size(); i++) {
      ObjectNode choice = choices.addObject().put("index", i);
      head.shape().putWhole(choice, head.echoes().get(i) + results.get(i).text());
      choice.putNull("logprobs").put("finish_reason", FinishReasons.of(results.get(i).reason()));
    }
    answer.set(
        "usage",
        Usage.completions(results.stream().map(ChoiceResult::summary).toList(), head.choices()));
    return answer;
  }
}
