package io.adaspec.api.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The {@code adaspec} command. Exit codes: 0 success, 1 failure with one line of reason on standard
 * error, 2 usage.
 */
@Command(
    name = "adaspec",
    description = "Streaming LLM inference inside the JVM, with adaptive speculative decoding.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ServeCommand.class,
      GenerateCommand.class,
      BenchCommand.class,
      RooflineCommand.class,
      TokenizeCommand.class,
      InspectCommand.class,
      ProfileCommand.class,
      ExplainCommand.class,
      SimulateCommand.class,
    })
public final class Main implements Runnable {
  static final int FAILURE = 1;
  static final int USAGE = 2;

  /** Whether standard error is a terminal, which only the launcher can find out. */
  private static final String WATCHED = "adaspec.watched";

  @Spec private CommandSpec spec = CommandSpec.create();
  private final boolean watched;

  private Main(boolean watched) {
    this.watched = watched;
  }

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(out, err, Boolean.getBoolean(WATCHED), args));
  }

  /**
   * Runs one command; returns its exit code.
   *
   * @param watched whether a person reads {@code err} as it is written
   */
  static int run(PrintWriter out, PrintWriter err, boolean watched, String... args) {
    int exitCode =
        commandLine(watched)
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(Main::usageError)
            .setExecutionExceptionHandler(Main::failure)
            .execute(args);
    out.flush();
    err.flush();
    return exitCode;
  }

  /** All commands and their options. */
  static CommandLine commandLine(boolean watched) {
    return new CommandLine(new Main(watched));
  }

  boolean isWatched() {
    return watched;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say which command to run");
  }

  private static int usageError(ParameterException error, String[] args) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("adaspec: " + reason(error));
    CommandLine.UnmatchedArgumentException.printSuggestions(error, err);
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return USAGE;
  }

  private static int failure(Exception error, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    if (error instanceof ParameterException parameterError) {
      return usageError(parameterError, new String[0]);
    }
    err.println("adaspec: " + reason(error));
    if (isVerbose(parsed)) {
      error.printStackTrace(err);
    }
    return FAILURE;
  }

  private static boolean isVerbose(ParseResult parsed) {
    ParseResult deepest = parsed;
    while (deepest.hasSubcommand()) {
      deepest = deepest.subcommand();
    }
    return deepest.hasMatchedOption("--verbose");
  }

  private static String reason(Throwable error) {
    String message = error.getMessage();
    return message == null ? error.toString() : oneLine(message);
  }

  private static String oneLine(String message) {
    return message.replaceAll("\\s*\\R\\s*", "; ");
  }
}
