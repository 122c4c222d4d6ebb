/** Tests of the command line through its main class. */
@NullMarked
package io.adaspec.api.cli;

import org.jspecify.annotations.NullMarked;
