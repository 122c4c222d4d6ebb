package io.adaspec.runtime.speculation.control;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepObservation;
import java.util.List;
import java.util.Optional;

/**
 * The slow loop's state of one service class. Its drafter is the draft model, or n-gram lookup
 * while the model rests, or none while both rest; it stays for as long as a {@link Rest} at least.
 * Immutable.
 *
 * @param serviceClass which
 * @param policy in force for it
 * @param slo how it keeps its pace
 * @param model what the draft model earned for it
 * @param lookup what n-gram lookup earned for it
 * @param modelRest whether the draft model rests
 * @param lookupRest whether n-gram lookup rests
 * @param last the last change
 * @param switchedNanos when the drafter was last changed
 * @param switches changes of the drafter since the start
 */
record ClassControl(
    ServiceClass serviceClass,
    ClassPolicy policy,
    SloWindow slo,
    Evidence model,
    Evidence lookup,
    Rest modelRest,
    Rest lookupRest,
    Change last,
    long switchedNanos,
    long switches) {

  /** A change of drafter or cap. */
  record Change(ControlReason reason, long atNanos, ControlInputs inputs) {}

  /** A policy was set: nothing rests, and what was seen of the load and the pace stays. */
  static ClassControl begin(
      ServiceClass serviceClass,
      PolicySnapshot wanted,
      SloWindow slo,
      LoadWindow load,
      long switches,
      long nowNanos) {
    return new ClassControl(
        serviceClass,
        wanted.classes().of(serviceClass),
        slo,
        Evidence.none(),
        Evidence.none(),
        Rest.working(nowNanos),
        Rest.working(nowNanos),
        new Change(ControlReason.POLICY_SET, nowNanos, inputs(slo, Evidence.none(), load)),
        nowNanos,
        switches);
  }

  /** With what was seen since the last look. */
  ClassControl observed(List<StepObservation> steps, long passedNanos, long nowNanos) {
    return new ClassControl(
        serviceClass,
        policy,
        slo.next(steps, serviceClass, passedNanos, nowNanos),
        model.next(steps, serviceClass, StepObservation.OfClass::model, passedNanos),
        lookup.next(steps, serviceClass, StepObservation.OfClass::lookup, passedNanos),
        modelRest,
        lookupRest,
        last,
        switchedNanos,
        switches);
  }

  /**
   * Decides on the drafter.
   *
   * @param most the policy's own
   */
  ClassControl decided(DrafterKind most, LoadWindow load, long nowNanos) {
    boolean early = nowNanos - switchedNanos < Rest.DWELL_NANOS;
    if (policy.drafterFixed() || most == DrafterKind.NONE || early) {
      return this;
    }
    boolean withModel = most == DrafterKind.MODEL && !modelRest.rests();
    Rest.Verdict ofModel =
        most == DrafterKind.MODEL
            ? modelRest.next(model, true, load, nowNanos)
            : new Rest.Verdict(modelRest, Optional.empty());
    Rest.Verdict ofLookup =
        withModel
            ? new Rest.Verdict(lookupRest, Optional.empty())
            : lookupRest.next(lookup, false, load, nowNanos);
    Optional<ControlReason> reason = ofModel.reason().or(ofLookup::reason);
    DrafterKind drafter =
        most == DrafterKind.MODEL && !ofModel.rest().rests()
            ? DrafterKind.MODEL
            : ofLookup.rest().rests() ? DrafterKind.NONE : DrafterKind.NGRAM;
    DrafterKind before = policy.drafter().within(most);
    ClassControl next =
        new ClassControl(
            serviceClass,
            drafter == before ? policy : policy.with(drafter, policy.draftCap()),
            slo,
            ofModel.reason().isPresent() ? Evidence.none() : model,
            ofLookup.reason().isPresent() ? Evidence.none() : lookup,
            ofModel.rest(),
            ofLookup.rest(),
            last,
            drafter == before ? switchedNanos : nowNanos,
            switches + (drafter == before ? 0 : 1));
    return drafter == before ? next : next.because(reason.orElseThrow(), inputs(load), nowNanos);
  }

  /** With another cap. */
  ClassControl capped(CapControl.Change change, LoadWindow load, long nowNanos) {
    return new ClassControl(
            serviceClass,
            policy.with(policy.drafter(), change.cap()),
            slo,
            model,
            lookup,
            modelRest,
            lookupRest,
            last,
            switchedNanos,
            switches)
        .because(change.reason(), inputs(load), nowNanos);
  }

  private ClassControl because(ControlReason reason, ControlInputs inputs, long nowNanos) {
    return new ClassControl(
        serviceClass,
        policy,
        slo,
        model,
        lookup,
        modelRest,
        lookupRest,
        new Change(reason, nowNanos, inputs),
        switchedNanos,
        switches);
  }

  /** Speed of its drafts against plain decoding; NaN without any. */
  double gain() {
    return (modelRest.rests() ? lookup : model).gain();
  }

  private ControlInputs inputs(LoadWindow load) {
    return inputs(slo, modelRest.rests() ? lookup : model, load);
  }

  private static ControlInputs inputs(SloWindow slo, Evidence drafter, LoadWindow load) {
    return new ControlInputs(
        load.running(),
        load.waiting(),
        load.kvUse(),
        load.draftKvUse(),
        load.overloaded(),
        slo.pace(),
        drafter.gain(),
        drafter.gainLow(),
        drafter.gainHigh(),
        drafter.acceptance(),
        load.predictionError());
  }

  ControlReport.OfClass report(PolicySnapshot snapshot, LoadWindow load, long nowNanos) {
    return new ControlReport.OfClass(
        serviceClass,
        snapshot.drafter(serviceClass),
        snapshot.draftCap(serviceClass),
        policy.drafterFixed(),
        policy.capFixed(),
        switches,
        last.reason(),
        nowNanos - last.atNanos(),
        last.inputs(),
        inputs(load));
  }
}
