/**
 * What every route shares: the route table with its default-deny access rule, JSON reading with
 * limits, errors with their status codes, server-sent events. Main type: {@link RouteTable}.
 * Imported by the other packages of this module.
 */
@NullMarked
package io.adaspec.api.http;

import org.jspecify.annotations.NullMarked;
