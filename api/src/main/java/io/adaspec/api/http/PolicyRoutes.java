package io.adaspec.api.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineStatus;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET} and {@code PUT /admin/policy}: how the engine speculates, shown and changed while it
 * runs. Texts do not change with it, only speed. What a {@code PUT} says of a service class is
 * fixed and left alone by the slow loop until it is set back to {@code auto}; {@code "control"}
 * does so with all classes.
 */
public final class PolicyRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyRoutes.class);
  private static final List<String> FIELDS =
      List.of("strategy", "drafter", "max_draft_tokens", "verifier", "control", "classes");

  private final Engine engine;
  private final Bodies bodies;

  public PolicyRoutes(Engine engine, Bodies bodies) {
    this.engine = engine;
    this.bodies = bodies;
  }

  /** Both need an API key where keys are configured, the second one that may administrate. */
  public List<Route> routes() {
    return List.of(
        Route.of("GET", "/admin/policy", this::show),
        new Route("PUT", "/admin/policy", Access.ADMIN, this::change));
  }

  private CompletionStage<HttpResponse> show(Exchange exchange) {
    return Stages.direct(engine.status()).thenApply(status -> Answers.json(describe(status)));
  }

  private CompletionStage<HttpResponse> change(Exchange exchange) {
    return bodies.json(
        exchange.request(),
        body ->
            Stages.direct(engine.status())
                .thenCompose(
                    status ->
                        Stages.direct(
                            engine.applyPolicy(wanted(JsonFields.of(body), status.policy()))))
                .thenApply(PolicyRoutes::changed)
                .exceptionally(PolicyRoutes::refused));
  }

  private static HttpResponse changed(PolicySnapshot policy) {
    LOG.info("policy set by a request: {}", policy);
    return Answers.json(describe(policy));
  }

  private static HttpResponse refused(Throwable failure) {
    Throwable cause = Failures.unwrap(failure);
    if (cause instanceof IllegalArgumentException) {
      throw new ApiException(ApiError.invalid("strategy", String.valueOf(cause.getMessage())));
    }
    throw cause instanceof RuntimeException same ? same : new IllegalStateException(cause);
  }

  /** The present policy with what the body changes. */
  private static PolicySnapshot wanted(JsonFields fields, PolicySnapshot present) {
    fields.requireKnown(FIELDS);
    boolean automatic = fields.text("control").filter("auto"::equals).isPresent();
    String strategy = fields.text("strategy").orElse(automatic ? "slo" : present.strategy());
    if (automatic && !strategy.equals("slo")) {
      throw fields.invalid("control", "auto needs the strategy slo, not " + strategy);
    }
    return new PolicySnapshot(
        present.version(),
        Strategies.parse(strategy).spec(),
        fields
            .choice("drafter", names(DrafterKind.values()))
            .map(name -> DrafterKind.valueOf(name.toUpperCase(Locale.ROOT)))
            .orElse(present.drafter()),
        fields.integer("max_draft_tokens", 0, SpeculationPreference.MAX).orElse(present.draftCap()),
        fields
            .choice("verifier", names(Verifier.values()))
            .map(name -> Verifier.valueOf(name.toUpperCase(Locale.ROOT)))
            .orElse(present.verifier()),
        ClassPolicyJson.wanted(fields, present));
  }

  private static ObjectNode describe(EngineStatus status) {
    ObjectNode answer = describe(status.policy());
    ClassPolicyJson.describe(status.control(), answer);
    ObjectNode classes = answer.putObject("attainment");
    status
        .attainment()
        .byClass()
        .forEach(
            (serviceClass, share) ->
                classes
                    .putObject(name(serviceClass))
                    .put("requests", share.requests())
                    .put("met", share.met()));
    return answer;
  }

  private static ObjectNode describe(PolicySnapshot policy) {
    ObjectNode answer =
        Json.object()
            .put("version", policy.version())
            .put("strategy", policy.strategy())
            .put("drafter", name(policy.drafter()))
            .put("max_draft_tokens", policy.draftCap())
            .put("verifier", name(policy.verifier()));
    ClassPolicyJson.describe(policy, answer);
    return answer;
  }

  private static List<String> names(Enum<?>[] constants) {
    return Arrays.stream(constants).map(PolicyRoutes::name).toList();
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
