package io.adaspec.runtime.simulation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a {@link Scenario} from JSON. {@code config/scenarios/README.md} describes the format; a
 * key that means nothing is refused by its path.
 */
public final class ScenarioFile {
  private static final double HOUR = 3600;
  private static final Pattern RECORDING = Pattern.compile("[:,]recorded=([^,]+)");

  private final Optional<Path> traces;

  private ScenarioFile(Optional<Path> traces) {
    this.traces = traces;
  }

  /**
   * Reads a file.
   *
   * @param traces folder of recorded traces; without it they are generated
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException naming the key that is wrong
   */
  public static Scenario read(Path file, Optional<Path> traces) throws IOException {
    String name = String.valueOf(file.getFileName()).replaceFirst("\\.json$", "");
    return parse(name, Files.readString(file), traces)
        .withDevice(device -> besides(file.toAbsolutePath(), device));
  }

  /** A recording that the device plays back is looked for beside the scenario. */
  private static String besides(Path file, String device) {
    Matcher recording = RECORDING.matcher(device);
    return recording.find()
        ? device.substring(0, recording.start(1))
            + file.resolveSibling(recording.group(1)).normalize()
            + device.substring(recording.end(1))
        : device;
  }

  /** Reads a text. */
  static Scenario parse(String name, String json, Optional<Path> traces) throws IOException {
    try {
      JsonObject fields = new JsonObject(name, new ObjectMapper().readTree(json));
      return new ScenarioFile(traces).scenario(name, fields);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "scenario " + name + " is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private Scenario scenario(String name, JsonObject fields) throws IOException {
    List<Traffic> traffic = new ArrayList<>();
    for (JsonObject stream : fields.list("traffic")) {
      traffic.add(traffic("s" + traffic.size(), stream));
      stream.requireAllRead();
    }
    String description = fields.text("description", "");
    String device = fields.text("device", "sim:a100-vicuna-7b");
    double devices = fields.number("devices", 1);
    double seed = fields.number("seed", 1);
    double seconds = fields.number("seconds", HOUR);
    SchedulerLimits limits = limits(fields.object("limits"));
    QueueBounds queue = queue(fields.object("queue"));
    fields.requireAllRead(); // a misspelt key is why a value is missing, so it is named first
    return new Scenario(
        name, description, device, (int) devices, (long) seed, seconds, limits, queue, traffic);
  }

  private static SchedulerLimits limits(JsonObject fields) {
    SchedulerLimits defaults =
        new SchedulerLimits(
            (int) fields.number("max_sequences", 256),
            (int) fields.number("step_tokens", 512),
            (int) fields.number("min_prefill_tokens", 32));
    SchedulerLimits limits =
        defaults.withDecodeStretch(fields.number("decode_stretch", defaults.decodeStretch()));
    fields.requireAllRead();
    return limits;
  }

  private static QueueBounds queue(JsonObject fields) {
    QueueBounds none = QueueBounds.none();
    QueueBounds queue =
        new QueueBounds(
            (int) fields.number("max_requests", none.maxRequests()),
            (long) fields.number("max_tokens", (double) none.maxTokens()),
            fields.number("max_lateness", none.maxLateness()));
    fields.requireAllRead();
    return queue;
  }

  private Traffic traffic(String name, JsonObject fields) throws IOException {
    String serviceClass = fields.text("class", "standard");
    return new Traffic(
        name,
        serviceClass(fields, serviceClass),
        arrivals(fields.object("arrivals")),
        lengths(fields),
        slo(fields.object("slo")),
        (int) fields.number("shared_prefix", 0));
  }

  private static ServiceClass serviceClass(JsonObject fields, String name) {
    try {
      return ServiceClass.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          fields.path() + ".class: no class '" + name + "'; use interactive, standard or batch", e);
    }
  }

  private Arrivals arrivals(JsonObject fields) throws IOException {
    String trace = fields.text("trace", "");
    Arrivals arrivals;
    if (trace.isEmpty()) {
      List<Arrivals.Phase> phases = new ArrayList<>();
      for (JsonObject phase : fields.list("phases")) {
        phases.add(
            new Arrivals.Phase(
                phase.number("seconds", HOUR),
                phase.number("rate", 0),
                phase.number("load", 0),
                phase.number("cv", 1)));
        phase.requireAllRead();
      }
      arrivals = new Arrivals.Phases(phases);
    } else {
      double load = fields.number("load", 0);
      double speed = fields.number("speed", load > 0 ? 0 : 1);
      arrivals = new Arrivals.Replay(Trace.load(trace, traces), speed, load);
    }
    fields.requireAllRead();
    return arrivals;
  }

  private static Lengths lengths(JsonObject fields) {
    List<Lengths.Kind> kinds = new ArrayList<>();
    for (JsonObject kind : fields.list("lengths")) {
      kinds.add(
          new Lengths.Kind(
              kind.number("prompt", 200),
              kind.number("prompt_cv", 0.5),
              (int) kind.number("prompt_most", 1 << 16),
              kind.number("output", 150),
              kind.number("output_cv", 0.6),
              (int) kind.number("output_most", 1024)));
      kind.requireAllRead();
    }
    return kinds.isEmpty() ? Lengths.SPEC_BENCH : new Lengths(kinds);
  }

  private static Traffic.Slo slo(JsonObject fields) {
    Traffic.Slo slo =
        new Traffic.Slo(
            fields.number("ttft_ms", 0),
            fields.number("tpot_ms", 0),
            fields.number("ttft_scale", 0),
            fields.number("tpot_scale", 0));
    fields.requireAllRead();
    return slo;
  }
}
