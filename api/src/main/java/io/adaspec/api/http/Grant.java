package io.adaspec.api.http;

/**
 * What a request's key stands for.
 *
 * @param principal whom it speaks for
 * @param allowance what it may do
 */
record Grant(Principal principal, Allowance allowance) {
  /** Where no keys are set. */
  static final Grant EVERYBODY = new Grant(Principal.ANONYMOUS, new Allowance(KeyRights.ALL));
}
