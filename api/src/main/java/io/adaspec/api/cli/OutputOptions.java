package io.adaspec.api.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a command prints and where: results on standard output, everything else on the other. */
final class OutputOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee = CommandSpec.create();

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Option(names = "--verbose", description = "Show the stack trace of a failure.")
  private boolean verbose;

  OutputOptions() {}

  boolean json() {
    return json;
  }

  boolean verbose() {
    return verbose;
  }

  PrintWriter out() {
    return mixee.commandLine().getOut();
  }

  PrintWriter err() {
    return mixee.commandLine().getErr();
  }

  /** Prints an object as one line of JSON, keys in the map's order. */
  void printJson(Map<String, ?> object) {
    try {
      out().println(new ObjectMapper().writeValueAsString(object));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("result is no JSON: " + object.keySet(), e);
    }
  }

  /** Progress of something long, shown only to a person at a terminal. */
  Progress progress(String what) {
    return Progress.start(what, err(), isWatched());
  }

  /** Something beside the result, shown only to a person at a terminal. */
  void remark(String line) {
    if (isWatched()) {
      err().println(line);
    }
  }

  private boolean isWatched() {
    return mixee.root().userObject() instanceof Main main && main.isWatched();
  }
}
