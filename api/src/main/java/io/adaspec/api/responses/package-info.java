/**
 * The Responses protocol over WebSocket and HTTP, with its bounded store of earlier answers. Main
 */
@NullMarked
package io.adaspec.api.responses;

import org.jspecify.annotations.NullMarked;
