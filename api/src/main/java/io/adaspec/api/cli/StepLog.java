package io.adaspec.api.cli;

import io.adaspec.actors.EngineObserver;
import io.adaspec.runtime.speculation.StepReport;
import java.util.ArrayList;
import java.util.List;

/** Keeps the reports of all steps until they are taken. Thread-safe. */
final class StepLog implements EngineObserver {
  private List<StepReport> reports = new ArrayList<>();

  StepLog() {}

  @Override
  public synchronized void stepCompleted(String device, StepReport report) {
    reports.add(report);
  }

  /** What was logged since the last time. */
  synchronized List<StepReport> take() {
    List<StepReport> taken = List.copyOf(reports);
    reports = new ArrayList<>();
    return taken;
  }
}
