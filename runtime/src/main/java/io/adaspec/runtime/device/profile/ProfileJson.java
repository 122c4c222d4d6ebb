package io.adaspec.runtime.device.profile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.CostProfile.Measurement;
import io.adaspec.runtime.speculation.CostProfile.Pass;
import io.adaspec.runtime.speculation.PassCurve;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Profiles as JSON; reading throws {@link IllegalArgumentException} if something is amiss. */
public final class ProfileJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ProfileJson() {}

  static ObjectNode key(ProfileKey key) {
    return NODES
        .objectNode()
        .put("device", key.device())
        .put("machine", key.machine())
        .put("target", key.target())
        .put("draft", key.draft())
        .put("version", key.version());
  }

  /** The profile as an object; times are in nanoseconds. */
  public static ObjectNode write(CostProfile profile) {
    ObjectNode json = NODES.objectNode();
    json.set("target", write(profile.target()));
    profile.draft().ifPresent(draft -> json.set("draft", write(draft)));
    json.put("prefill_saving_per_row", profile.prefillSavingNanosPerRow());
    json.put("per_step", profile.stepNanos());
    json.put("per_sequence", profile.sequenceNanos());
    ArrayNode samples = json.putArray("measurements");
    for (Measurement each : profile.samples()) {
      samples
          .addObject()
          .put("pass", each.pass().name())
          .put("rows", each.rows())
          .put("context", each.contextTokens())
          .put("nanos", each.nanos());
    }
    return json;
  }

  private static ObjectNode write(PassCurve curve) {
    ObjectNode json = NODES.objectNode();
    ArrayNode rows = json.putArray("rows");
    curve.rows().forEach(rows::add);
    ArrayNode nanos = json.putArray("nanos");
    curve.nanos().forEach(nanos::add);
    return json.put("per_read", curve.nanosPerRead());
  }

  /** The profile of an object that {@link #write} made. */
  public static CostProfile read(JsonNode json) {
    List<Measurement> samples = new ArrayList<>();
    for (JsonNode each : json.path("measurements")) {
      samples.add(
          new Measurement(
              Pass.valueOf(each.path("pass").asText()),
              each.path("rows").asInt(),
              each.path("context").asInt(),
              number(each, "nanos")));
    }
    return new CostProfile(
        curve(json.path("target")),
        json.has("draft") ? Optional.of(curve(json.path("draft"))) : Optional.empty(),
        number(json, "prefill_saving_per_row"),
        number(json, "per_step"),
        number(json, "per_sequence"),
        samples);
  }

  private static PassCurve curve(JsonNode json) {
    List<Integer> rows = new ArrayList<>();
    List<Double> nanos = new ArrayList<>();
    json.path("rows").forEach(each -> rows.add(each.asInt()));
    json.path("nanos").forEach(each -> nanos.add(each.asDouble()));
    return new PassCurve(rows, nanos, number(json, "per_read"));
  }

  private static double number(JsonNode json, String name) {
    JsonNode value = json.path(name);
    if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
      throw new IllegalArgumentException("'" + name + "' is no number: " + value);
    }
    return value.asDouble();
  }
}
