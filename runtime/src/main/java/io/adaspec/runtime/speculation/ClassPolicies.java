package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.ServiceClass;

/**
 * How each service class may draft. Pure data.
 *
 * @param interactive of interactive requests
 * @param standard of standard requests
 * @param batch of batch requests
 */
public record ClassPolicies(ClassPolicy interactive, ClassPolicy standard, ClassPolicy batch) {
  private static final ClassPolicies OPEN =
      new ClassPolicies(ClassPolicy.open(), ClassPolicy.open(), ClassPolicy.open());

  /** Every class may what the policy allows. */
  public static ClassPolicies open() {
    return OPEN;
  }

  /** What the operator fixed; the rest is open again. */
  public ClassPolicies asSet() {
    return new ClassPolicies(interactive.asSet(), standard.asSet(), batch.asSet());
  }

  /** The policy of one class. */
  public ClassPolicy of(ServiceClass serviceClass) {
    return switch (serviceClass) {
      case INTERACTIVE -> interactive;
      case STANDARD -> standard;
      case BATCH -> batch;
    };
  }

  /** The same with another policy for one class. */
  public ClassPolicies with(ServiceClass serviceClass, ClassPolicy policy) {
    return switch (serviceClass) {
      case INTERACTIVE -> new ClassPolicies(policy, standard, batch);
      case STANDARD -> new ClassPolicies(interactive, policy, batch);
      case BATCH -> new ClassPolicies(interactive, standard, policy);
    };
  }
}
