package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.Json;
import java.util.List;

/**
 * What all parts of one answer share.
 *
 * @param id of the answer
 * @param createdSeconds when it began, in seconds since 1970
 * @param model that answers
 * @param tier service tier that was used
 * @param shape of the endpoint
 * @param choices outputs of one prompt
 * @param echoes what each output begins with; empty texts for nothing
 */
record AnswerHead(
    String id,
    long createdSeconds,
    String model,
    ServiceTier tier,
    AnswerShape shape,
    int choices,
    List<String> echoes) {

  int outputs() {
    return echoes.size();
  }

  /** The fields at the top of an answer or chunk. */
  ObjectNode envelope(String object) {
    return Json.object()
        .put("id", id)
        .put("object", object)
        .put("created", createdSeconds)
        .put("model", model)
        .put("service_tier", tier.wireName());
  }
}
