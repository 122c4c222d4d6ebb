package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.SpeculationPreference;
import java.util.List;

/** Makes strategies from their names, as on the command line and in policy snapshots. */
public final class Strategies {
  /** Longest draft of the strategies that choose a length, unless a policy says otherwise. */
  public static final int DEFAULT_DRAFT_CAP = 8;

  /** How the strategies are written, for help texts. */
  public static final List<String> FORMS =
      List.of(
          "off",
          "fixed:K",
          "threshold:P",
          "smartspec",
          "smartspec:upstream",
          "adaspec-drafter",
          "adaspec-literal",
          "adaspec",
          "slo");

  private Strategies() {}

  /** {@link #of(PolicySnapshot, ControllerState)} with nothing learned yet. */
  public static SpeculationStrategy of(PolicySnapshot policy) {
    return of(policy, ControllerState.initial());
  }

  /**
   * The strategy that a snapshot describes; {@code off} when it has no drafter or a cap of 0, but
   * for {@code slo}, which steers by targets without drafts too.
   *
   * @param state what was learned so far
   * @throws IllegalArgumentException if its strategy is unknown or malformed
   */
  public static SpeculationStrategy of(PolicySnapshot policy, ControllerState state) {
    SpeculationStrategy named =
        parse(policy.strategy(), policy.drafter(), policy.draftCap(), state);
    boolean drafts = policy.drafter() != DrafterKind.NONE && policy.draftCap() > 0;
    boolean steers = named instanceof SloStrategy && policy.verifier() == Verifier.COUPLED;
    return drafts || steers ? named : new OffStrategy();
  }

  /** {@link #parse(String, DrafterKind, int)} with the draft model and the default cap. */
  public static SpeculationStrategy parse(String spec) {
    return parse(spec, DrafterKind.MODEL, DEFAULT_DRAFT_CAP);
  }

  /** {@link #parse(String, DrafterKind, int, ControllerState)} with nothing learned yet. */
  public static SpeculationStrategy parse(String spec, DrafterKind drafter, int draftCap) {
    return parse(spec, drafter, draftCap, ControllerState.initial());
  }

  /**
   * Reads {@code name} or {@code name:parameter}.
   *
   * @param drafter where its drafts come from
   * @param draftCap longest draft of any sequence; shortens {@code fixed:K} too
   * @param state what was learned so far
   * @throws IllegalArgumentException if the name is unknown or the parameter malformed
   */
  public static SpeculationStrategy parse(
      String spec, DrafterKind drafter, int draftCap, ControllerState state) {
    int colon = spec.indexOf(':');
    String name = colon < 0 ? spec : spec.substring(0, colon);
    String parameter = colon < 0 ? "" : spec.substring(colon + 1);
    return switch (name) {
      case "off" -> without(parameter, spec, new OffStrategy());
      case "fixed" -> new FixedStrategy(length(parameter, spec), drafter, draftCap);
      case "threshold" -> new ThresholdStrategy(share(parameter, spec), drafter, draftCap);
      case "smartspec" -> smartSpec(parameter, spec, drafter, draftCap, state);
      case "adaspec-drafter" ->
          without(parameter, spec, new AdaSpecStrategy(false, drafter, draftCap, state));
      case "adaspec-literal" ->
          without(parameter, spec, new AdaSpecLiteralStrategy(drafter, draftCap, state));
      case "adaspec" ->
          without(parameter, spec, new AdaSpecStrategy(true, drafter, draftCap, state));
      case "slo" -> without(parameter, spec, new SloStrategy(drafter, draftCap, state));
      default ->
          throw new IllegalArgumentException(
              "unknown strategy '" + spec + "'; use one of " + String.join(", ", FORMS));
    };
  }

  private static SpeculationStrategy without(
      String parameter, String spec, SpeculationStrategy strategy) {
    if (!parameter.isEmpty() || spec.endsWith(":")) {
      throw new IllegalArgumentException("strategy '" + spec + "' takes no parameter");
    }
    return strategy;
  }

  private static SpeculationStrategy smartSpec(
      String parameter, String spec, DrafterKind drafter, int draftCap, ControllerState state) {
    boolean upstream = parameter.equals("upstream");
    SpeculationStrategy strategy = new SmartSpecStrategy(upstream, drafter, draftCap, state);
    return upstream ? strategy : without(parameter, spec, strategy);
  }

  private static int length(String parameter, String spec) {
    try {
      int length = Integer.parseInt(parameter);
      if (length >= 1 && length <= SpeculationPreference.MAX) {
        return length;
      }
    } catch (NumberFormatException e) {
      // refused below, like a number out of range
    }
    throw new IllegalArgumentException(
        "strategy '"
            + spec
            + "' needs a draft length from 1 to "
            + SpeculationPreference.MAX
            + ", for example fixed:3");
  }

  private static double share(String parameter, String spec) {
    try {
      double share = Double.parseDouble(parameter);
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // refused below, like a number out of range
    }
    throw new IllegalArgumentException(
        "strategy '" + spec + "' needs a confidence from 0 to 1, for example threshold:0.6");
  }
}
