package io.adaspec.api.metrics;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.control.ControlReport;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the slow loop gives each service class, as of the last status. Thread-safe. */
final class ControlGauges {
  private final Map<ServiceClass, ControlReport.OfClass> latest = new ConcurrentHashMap<>();

  ControlGauges(MeterRegistry registry, Tags tags) {
    for (ServiceClass each : ServiceClass.values()) {
      Tags own = tags.and(EngineMetrics.serviceClass(each));
      AliasedMeters.ownGauge(
          registry,
          "class_draft_cap",
          "Longest draft that requests of the class may have at present",
          own,
          this,
          control -> control.cap(each));
      for (DrafterKind kind : DrafterKind.values()) {
        AliasedMeters.ownGauge(
            registry,
            "class_drafter",
            "1 for the drafter that requests of the class may use at present",
            own.and("drafter", kind.name().toLowerCase(Locale.ROOT)),
            this,
            control -> control.drafter(each) == kind ? 1 : 0);
      }
      FunctionCounter.builder(
              "adaspec_class_drafter_switches", this, control -> control.switches(each))
          .tags(own)
          .description("Times that the slow loop gave the class another drafter")
          .register(registry);
    }
  }

  void update(ControlReport report) {
    report.classes().forEach(each -> latest.put(each.serviceClass(), each));
  }

  private int cap(ServiceClass of) {
    ControlReport.OfClass own = latest.get(of);
    return own == null ? 0 : own.draftCap();
  }

  private DrafterKind drafter(ServiceClass of) {
    ControlReport.OfClass own = latest.get(of);
    return own == null ? DrafterKind.NONE : own.drafter();
  }

  private long switches(ServiceClass of) {
    ControlReport.OfClass own = latest.get(of);
    return own == null ? 0 : own.switches();
  }
}
