package io.adaspec.runtime.speculation.control;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.DrafterKind;
import java.util.List;

/**
 * The slow loop at one moment.
 *
 * @param automatic whether it adapts the policy; false while the strategy is not an adaptive one
 * @param classes one entry per service class, in their order
 */
public record ControlReport(boolean automatic, List<OfClass> classes) {
  public ControlReport {
    classes = List.copyOf(classes);
  }

  /** No loop runs. */
  public static ControlReport none() {
    return new ControlReport(false, List.of());
  }

  /**
   * One class.
   *
   * @throws IllegalStateException if no loop runs
   */
  public OfClass of(ServiceClass serviceClass) {
    return classes.stream()
        .filter(each -> each.serviceClass() == serviceClass)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no report of " + serviceClass));
  }

  /**
   * One class.
   *
   * @param serviceClass which
   * @param drafter what it may use at present
   * @param draftCap longest draft at present
   * @param drafterFixed whether the operator set the drafter
   * @param capFixed whether the operator set the cap
   * @param switches how often its drafter was changed since the start
   * @param reason of the last change of either
   * @param ageNanos since then
   * @param then what was seen when it was decided
   * @param now what is seen at present
   */
  public record OfClass(
      ServiceClass serviceClass,
      DrafterKind drafter,
      int draftCap,
      boolean drafterFixed,
      boolean capFixed,
      long switches,
      ControlReason reason,
      long ageNanos,
      ControlInputs then,
      ControlInputs now) {}
}
