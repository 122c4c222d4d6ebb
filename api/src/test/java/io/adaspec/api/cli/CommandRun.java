package io.adaspec.api.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * What one run of the command line printed.
 *
 * @param exitCode what the process would end with
 * @param out standard output
 * @param err standard error
 */
record CommandRun(int exitCode, String out, String err) {
  static CommandRun of(String... args) {
    return run(new StringWriter(), false, args);
  }

  /** With a person at the terminal that is standard error. */
  static CommandRun watched(String... args) {
    return run(new StringWriter(), true, args);
  }

  /** With a standard output of its own. */
  static CommandRun writingTo(StringWriter out, String... args) {
    return run(out, false, args);
  }

  private static CommandRun run(StringWriter out, boolean watched, String... args) {
    StringWriter err = new StringWriter();
    int exitCode = Main.run(buffered(out), buffered(err), watched, args);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }

  /** As the process writes: only whole lines go out by themselves. */
  private static PrintWriter buffered(StringWriter writer) {
    return new PrintWriter(new BufferedWriter(writer), true);
  }

  JsonNode json() {
    try {
      return new ObjectMapper().readTree(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + out, e);
    }
  }
}
