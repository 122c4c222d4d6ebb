package io.adaspec.api.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.control.ControlInputs;
import io.adaspec.runtime.speculation.control.ControlReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Policies of service classes in JSON: drafter and draft cap of each, either {@code auto}, that is
 * left to the slow loop, or fixed by the operator; and what the loop decided last, and why.
 */
final class ClassPolicyJson {
  private static final String AUTO = "auto";
  private static final String FIXED = "fixed";
  private static final String DRAFTER = "drafter";
  private static final String CAP = "max_draft_tokens";
  private static final double NANOS_PER_SECOND = 1e9;

  private ClassPolicyJson() {}

  /** What a body asks of the classes; whatever it does not name stays as it was set. */
  static ClassPolicies wanted(JsonFields fields, PolicySnapshot present) {
    Optional<String> control = fields.choice("control", List.of(AUTO, FIXED));
    Optional<JsonFields> named = fields.object("classes");
    named.ifPresent(
        all ->
            all.requireKnown(
                Arrays.stream(ServiceClass.values()).map(ClassPolicyJson::name).toList()));
    ClassPolicies classes = present.classes().asSet();
    for (ServiceClass each : ServiceClass.values()) {
      if (control.isPresent()) {
        boolean fixed = control.get().equals(FIXED);
        classes =
            classes.with(
                each,
                fixed
                    ? new ClassPolicy(present.drafter(each), present.draftCap(each), true, true)
                    : ClassPolicy.open());
      }
      Optional<JsonFields> own = named.flatMap(all -> all.object(name(each)));
      if (own.isPresent()) {
        classes = classes.with(each, wanted(own.get(), classes.of(each)));
      }
    }
    return classes;
  }

  private static ClassPolicy wanted(JsonFields fields, ClassPolicy before) {
    fields.requireKnown(List.of(DRAFTER, CAP));
    ClassPolicy after = before;
    List<String> drafters = new ArrayList<>(List.of(AUTO));
    Arrays.stream(DrafterKind.values()).map(ClassPolicyJson::name).forEach(drafters::add);
    Optional<String> drafter = fields.choice(DRAFTER, drafters);
    if (drafter.isPresent()) {
      boolean fixed = !drafter.get().equals(AUTO);
      DrafterKind kind =
          fixed
              ? DrafterKind.valueOf(drafter.get().toUpperCase(Locale.ROOT))
              : ClassPolicy.open().drafter();
      after = new ClassPolicy(kind, after.draftCap(), fixed, after.capFixed());
    }
    if (fields.has(CAP)) {
      boolean fixed = fields.raw(CAP).filter(value -> value.asText().equals(AUTO)).isEmpty();
      int cap =
          fixed
              ? fields.integer(CAP, 0, SpeculationPreference.MAX).orElseThrow()
              : ClassPolicy.open().draftCap();
      after = new ClassPolicy(after.drafter(), cap, after.drafterFixed(), fixed);
    }
    return after;
  }

  /** Adds drafter and cap of every class, and who has the say. */
  static void describe(PolicySnapshot policy, ObjectNode answer) {
    ObjectNode classes = answer.putObject("classes");
    for (ServiceClass each : ServiceClass.values()) {
      ClassPolicy own = policy.classes().of(each);
      classes
          .putObject(name(each))
          .put(DRAFTER, name(policy.drafter(each)))
          .put(DRAFTER + "_control", own.drafterFixed() ? FIXED : AUTO)
          .put(CAP, policy.draftCap(each))
          .put(CAP + "_control", own.capFixed() ? FIXED : AUTO);
    }
  }

  /** Adds what the slow loop decided last for every class and what it sees now. */
  static void describe(ControlReport report, ObjectNode answer) {
    answer.put("control", report.automatic() ? AUTO : FIXED);
    ObjectNode classes = answer.withObject("/classes");
    for (ControlReport.OfClass each : report.classes()) {
      ObjectNode own = classes.withObject("/" + name(each.serviceClass()));
      own.put("drafter_switches", each.switches());
      own.putObject("last_decision")
          .put("reason", name(each.reason()))
          .put("seconds_ago", each.ageNanos() / NANOS_PER_SECOND)
          .set("inputs", inputs(each.then()));
      own.set("now", inputs(each.now()));
    }
  }

  private static ObjectNode inputs(ControlInputs inputs) {
    ObjectNode node =
        Json.object()
            .put("running", inputs.running())
            .put("waiting", inputs.waiting())
            .put("kv_use", inputs.kvUse())
            .put("draft_kv_use", inputs.draftKvUse())
            .put("overloaded", inputs.overloaded())
            .put("pace", inputs.pace());
    known(node, "gain", inputs.gain());
    known(node, "gain_low", inputs.gainLow());
    known(node, "gain_high", inputs.gainHigh());
    known(node, "acceptance", inputs.acceptance());
    known(node, "prediction_error", inputs.predictionError());
    return node;
  }

  private static void known(ObjectNode node, String name, double value) {
    if (Double.isNaN(value)) {
      node.putNull(name);
    } else {
      node.put(name, value);
    }
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
