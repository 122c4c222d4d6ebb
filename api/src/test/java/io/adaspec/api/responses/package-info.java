/** Tests of the parts of the Responses protocol that need no socket. */
@NullMarked
package io.adaspec.api.responses;

import org.jspecify.annotations.NullMarked;
