package io.adaspec.runtime.speculation.control;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepObservation;
import java.util.ArrayList;
import java.util.List;

/**
 * The slow loop: what the supervisor makes of an adaptive policy as load shifts, folded from steps
 * about four times a second. Within a step and per request the strategy decides; this takes away,
 * with hysteresis, what does not pay over seconds, per service class: the draft model and n-gram
 * lookup ({@link Rest}), and long drafts of lower classes ({@link CapControl}). A class with
 * nothing left decodes plainly until a trial, or less load, brings its drafter back.
 *
 * <p>Only {@code slo} is adapted; any other strategy is taken at its word, and so are drafters and
 * caps that the operator fixed. A pure function of the policy and the steps, so actors and
 * simulation share it. Nothing that it does changes a text. Immutable.
 *
 * @param policy in force; its version grows whenever it changes
 * @param load of the devices
 * @param classes one entry per class, in their order
 * @param caps controls draft caps between classes
 * @param atNanos of the last look
 */
public record PolicyController(
    PolicySnapshot policy,
    LoadWindow load,
    List<ClassControl> classes,
    CapControl caps,
    long atNanos) {
  private static final String ADAPTIVE = "slo";

  public PolicyController {
    classes = List.copyOf(classes);
  }

  /** Follows a policy from now on. */
  public static PolicyController begin(PolicySnapshot wanted, long nowNanos) {
    List<ClassControl> classes = new ArrayList<>();
    for (ServiceClass each : ServiceClass.values()) {
      classes.add(
          ClassControl.begin(
              each, wanted, SloWindow.begin(nowNanos), LoadWindow.begin(), 0, nowNanos));
    }
    return new PolicyController(
        wanted, LoadWindow.begin(), classes, CapControl.begin(nowNanos), nowNanos);
  }

  /**
   * Follows another policy, which gets the next version. What was seen of load and pace stays, what
   * was taken away before does not.
   */
  public PolicyController withPolicy(PolicySnapshot wanted, long nowNanos) {
    PolicySnapshot next = wanted.asSet().withVersion(policy.version() + 1);
    List<ClassControl> begun = new ArrayList<>();
    for (ClassControl each : classes) {
      begun.add(
          ClassControl.begin(
              each.serviceClass(), next, each.slo(), load, each.switches(), nowNanos));
    }
    return new PolicyController(next, load, begun, CapControl.begin(nowNanos), atNanos);
  }

  /** Whether load changes the policy. */
  public boolean isAutomatic() {
    return policy.strategy().equals(ADAPTIVE);
  }

  /** After a look at the steps since the last one. */
  public PolicyController next(List<StepObservation> steps, long nowNanos) {
    long passed = Math.max(0, nowNanos - atNanos);
    LoadWindow seen = load.next(steps, passed);
    List<ClassControl> next = new ArrayList<>();
    for (ClassControl each : classes) {
      ClassControl observed = each.observed(steps, passed, nowNanos);
      next.add(isAutomatic() ? observed.decided(policy.drafter(), seen, nowNanos) : observed);
    }
    CapControl capped = caps;
    if (isAutomatic()) {
      CapControl.Verdict verdict = caps.next(next, policy.draftCap(), seen, nowNanos);
      capped = verdict.control();
      for (CapControl.Change change : verdict.changes()) {
        int at = change.ofClass();
        next.set(at, next.get(at).capped(change, seen, nowNanos));
      }
    }
    return new PolicyController(published(next), seen, next, capped, nowNanos);
  }

  private PolicySnapshot published(List<ClassControl> next) {
    ClassPolicies wanted = policy.classes();
    for (ClassControl each : next) {
      wanted = wanted.with(each.serviceClass(), each.policy());
    }
    return wanted.equals(policy.classes())
        ? policy
        : policy.withClasses(wanted).withVersion(policy.version() + 1);
  }

  /** What it does and why, for people. */
  public ControlReport report(long nowNanos) {
    return new ControlReport(
        isAutomatic(), classes.stream().map(each -> each.report(policy, load, nowNanos)).toList());
  }
}
