package io.adaspec.gpu;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What the module logs while it is open, which then goes nowhere else. */
final class GpuLog implements AutoCloseable {
  private final Logger logger = (Logger) LoggerFactory.getLogger("io.adaspec.gpu");
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  GpuLog() {
    events.start();
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    logger.addAppender(events);
  }

  List<String> lines(Level level) {
    return events.list.stream()
        .filter(event -> event.getLevel().equals(level))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Override
  public void close() {
    logger.detachAppender(events);
    logger.setLevel(null);
    logger.setAdditive(true);
  }
}
