package io.adaspec.actors.wire;

import io.adaspec.actors.EngineProtocol;
import io.adaspec.actors.EngineStatus;
import io.adaspec.actors.FailureReason;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.SloAttainment;
import io.adaspec.actors.TokenEvent;
import io.adaspec.actors.WorkerProtocol;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.speculation.control.ControlInputs;
import io.adaspec.runtime.speculation.control.ControlReason;
import io.adaspec.runtime.speculation.control.ControlReport;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The classes that may be on the wire, with their ids. Append-only: an id once given is never given
 * to another class, and enum constants and record components are only added together with a new id,
 * so that nodes of two versions understand each other or refuse each other's message. Only a
 * message's id is sure to be written, so one that has such a record inside gets a new one too.
 *
 * <p>Given up: 114, a failure without its {@link FailureReason}; 145, 150 and 151, a policy and a
 * status without service classes and the slow loop; 110, 117 and 142, requests without {@link
 * Penalties}; 120 and 155, a status without waiting messages.
 */
final class WireTypes {
  /** Ids of the types that have serializers of their own: collections, token ids, actor refs. */
  static final int LIST_ID = 100;

  static final int MAP_ID = 101;
  static final int TOKEN_IDS_ID = 102;
  static final int ACTOR_REF_ID = 103;
  static final int DURATION_ID = 104;

  /** Messages, which may stand alone. */
  static final Map<Integer, Class<?>> MESSAGES =
      Map.ofEntries(
          Map.entry(111, EngineProtocol.Started.class),
          Map.entry(112, EngineProtocol.Delivered.class),
          Map.entry(113, EngineProtocol.Refused.class),
          Map.entry(115, EngineProtocol.Demand.class),
          Map.entry(116, EngineProtocol.Cancel.class),
          Map.entry(118, WorkerProtocol.GetStatus.class),
          Map.entry(119, WorkerProtocol.ApplyPolicy.class),
          Map.entry(121, WorkerProtocol.PolicyApplied.class),
          Map.entry(122, WorkerProtocol.Rejected.class),
          Map.entry(123, EngineProtocol.Failed.class),
          Map.entry(124, EngineProtocol.Generate.class),
          Map.entry(125, WorkerProtocol.Submit.class),
          Map.entry(126, WorkerProtocol.Status.class));

  /** Records inside messages. */
  static final Map<Integer, Class<?>> RECORDS =
      Map.ofEntries(
          Map.entry(140, InferenceRequest.class),
          Map.entry(141, RequestId.class),
          Map.entry(143, SloTarget.class),
          Map.entry(144, SpeculationPreference.class),
          Map.entry(146, TokenEvent.Tokens.class),
          Map.entry(147, TokenEvent.Finished.class),
          Map.entry(148, GenerationSummary.class),
          Map.entry(149, Refusal.class),
          Map.entry(152, SloAttainment.class),
          Map.entry(153, SloAttainment.Share.class),
          Map.entry(154, PolicySnapshot.class),
          Map.entry(156, EngineStatus.DeviceStatus.class),
          Map.entry(157, ClassPolicies.class),
          Map.entry(158, ClassPolicy.class),
          Map.entry(159, ControlReport.class),
          Map.entry(160, ControlReport.OfClass.class),
          Map.entry(161, ControlInputs.class),
          Map.entry(162, SamplingParams.class),
          Map.entry(163, Penalties.class),
          Map.entry(164, EngineStatus.class));

  /** Enums inside messages. */
  static final Map<Integer, Class<?>> ENUMS =
      Map.ofEntries(
          Map.entry(180, FinishReason.class),
          Map.entry(181, ServiceClass.class),
          Map.entry(182, SpeculationPreference.Mode.class),
          Map.entry(183, DrafterKind.class),
          Map.entry(184, Verifier.class),
          Map.entry(185, Refusal.Reason.class),
          Map.entry(186, EngineStatus.DeviceState.class),
          Map.entry(187, FailureReason.class),
          Map.entry(188, ControlReason.class));

  private WireTypes() {}

  /** The type that stands for a value on the wire: collections and actor refs have many classes. */
  static Class<?> wireType(Class<?> valueType) {
    for (Class<?> common : List.of(List.class, Map.class, ActorRef.class)) {
      if (common.isAssignableFrom(valueType)) {
        return common;
      }
    }
    return valueType;
  }
}
