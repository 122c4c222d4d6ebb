package io.adaspec.api.openai;

import io.adaspec.runtime.request.ServiceClass;
import java.util.List;

/**
 * {@code service_tier} of a request as priority class; the answer carries the tier that was used.
 */
public enum ServiceTier {
  PRIORITY("priority", ServiceClass.INTERACTIVE),
  DEFAULT("default", ServiceClass.STANDARD),
  FLEX("flex", ServiceClass.BATCH);

  /** The values that a request may have. */
  static final List<String> REQUESTED = List.of("auto", "default", "priority", "flex");

  private final String wireName;
  private final ServiceClass serviceClass;

  ServiceTier(String wireName, ServiceClass serviceClass) {
    this.wireName = wireName;
    this.serviceClass = serviceClass;
  }

  /** The tier of a requested name; {@code auto} is the default tier. */
  static ServiceTier of(String requested) {
    return switch (requested) {
      case "priority" -> PRIORITY;
      case "flex" -> FLEX;
      default -> DEFAULT;
    };
  }

  /** As answers carry it. */
  public String wireName() {
    return wireName;
  }

  ServiceClass serviceClass() {
    return serviceClass;
  }
}
