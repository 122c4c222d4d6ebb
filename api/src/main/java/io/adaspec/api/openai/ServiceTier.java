package io.adaspec.api.openai;

import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.KeyRights;
import io.adaspec.runtime.request.ServiceClass;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

  /**
   * The tier that a request asks for, among those of its key; {@code auto} is the key's default.
   */
  static ServiceTier read(JsonFields fields, KeyRights rights) {
    String requested = fields.choice("service_tier", REQUESTED).orElse("auto");
    ServiceTier tier =
        switch (requested) {
          case "priority" -> PRIORITY;
          case "flex" -> FLEX;
          case "default" -> DEFAULT;
          default -> of(rights.defaultClass());
        };
    if (!rights.classes().contains(tier.serviceClass)) {
      throw fields.forbidden(
          "service_tier",
          "service_tier_not_allowed",
          "must be one of those that this API key may use: "
              + Stream.of(values())
                  .filter(each -> rights.classes().contains(each.serviceClass))
                  .map(ServiceTier::wireName)
                  .collect(Collectors.joining(", ")));
    }
    return tier;
  }

  private static ServiceTier of(ServiceClass serviceClass) {
    return switch (serviceClass) {
      case INTERACTIVE -> PRIORITY;
      case STANDARD -> DEFAULT;
      case BATCH -> FLEX;
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
