package io.adaspec.api.openai;

import io.adaspec.api.http.Bodies;
import io.adaspec.api.http.Route;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;

/** All routes of this package. */
public final class OpenAiRoutes {
  private OpenAiRoutes() {}

  /**
   * Makes the routes.
   *
   * @param pingInterval how long a stream may be silent before a comment is sent
   * @param time wall time of answers
   */
  public static List<Route> create(
      RequestFactory requests,
      GenerationLimits limits,
      Generations generations,
      Bodies bodies,
      Duration pingInterval,
      InstantSource time) {
    CompletionAnswers answers = new CompletionAnswers(generations, pingInterval);
    AnswerIds ids = new AnswerIds();
    return Stream.of(
            new CompletionRoutes(requests, limits, answers, bodies, ids, time).routes(),
            new ChatRoutes(requests, limits, answers, bodies, ids, time).routes(),
            new ModelRoutes(requests).routes(),
            new TokenizeRoutes(requests, bodies).routes())
        .flatMap(List::stream)
        .toList();
  }
}
