package io.adaspec.runtime.speculation.control;

/** Why a class drafts as it does. */
public enum ControlReason {
  /** The policy was set, at start or by the operator. */
  POLICY_SET,
  /** Its drafts surely lost time. */
  DRAFTS_LOSE,
  /** The strategy hardly used its drafter, because no gain was to be expected. */
  DRAFTS_IDLE,
  /** Under overload its drafts were not surely gaining. */
  OVERLOAD,
  /** A drafter that rested is tried again. */
  TRIAL,
  /** Load has fallen: a drafter that rested is tried again, drafts that were shortened are not. */
  LOAD_FELL,
  /** A higher class fell behind its targets: drafts are shortened. */
  HIGHER_CLASS_LATE,
  /** All classes have kept their pace for a while: longer drafts again. */
  PACE_REGAINED,
  /** Load is back: drafts are as short as they were under it. */
  LOAD_RETURNED
}
