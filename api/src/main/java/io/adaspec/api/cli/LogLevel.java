package io.adaspec.api.cli;

import org.slf4j.LoggerFactory;

/**
 * How much the program logs: the level in the environment variable {@code ADASPEC_LOG_LEVEL}, else
 * what its command finds right. config/logback.xml reads it.
 */
enum LogLevel {
  INFO,
  WARN;

  private static final String NAME = "ADASPEC_LOG_LEVEL";

  /** To be called once, before anything logs. */
  void apply() {
    if (System.getenv(NAME) == null && System.getProperty(NAME) == null) {
      System.setProperty(NAME, name());
    }
    // initialised by one thread; otherwise others lose lines meanwhile and say so
    LoggerFactory.getILoggerFactory();
  }
}
