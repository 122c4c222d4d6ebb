/** Tests of the whole server over sockets, and what they share. */
@NullMarked
package io.adaspec.api.server;

import org.jspecify.annotations.NullMarked;
