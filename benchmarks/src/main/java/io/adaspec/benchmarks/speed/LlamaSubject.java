package io.adaspec.benchmarks.speed;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import io.adaspec.runtime.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * java-llama.cpp with the same file, threads and batch sizes; sequences are concurrent requests to
 * its continuous batching. A rate counts the tokens that arrive while all sequences decode: after
 * the last first token, before the first last one.
 */
final class LlamaSubject implements Subject {
  /** Slots keep what their last request left, so memory for one request each is not enough. */
  private static final int SPARE = 2;

  private final SpeedSettings settings;
  private final Tokenizer tokenizer;
  private final LlamaModel model;
  private final ExecutorService clients;
  private final SplittableRandom random = new SplittableRandom(2);

  LlamaSubject(Path file, Tokenizer tokenizer, SpeedSettings settings) {
    this.settings = settings;
    this.tokenizer = tokenizer;
    int context = Math.max(settings.promptTokens(), settings.contextTokens());
    int perSequence = context + settings.outputTokens() + 32;
    LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> {});
    this.model =
        new LlamaModel(
            new ModelParameters()
                .setModel(file.toString())
                .setThreads(settings.threads())
                .setThreadsBatch(settings.threads())
                .setParallel(settings.mostSequences())
                .enableContBatching()
                .setCtxSize(SPARE * perSequence * settings.mostSequences())
                .setGpuLayers(0)
                .disableLog());
    this.clients = Executors.newFixedThreadPool(settings.mostSequences());
  }

  @Override
  public String name() {
    return "java-llama.cpp";
  }

  @Override
  public double prefillSeconds(int tokens) {
    String prompt = prompt(tokens);
    long start = System.nanoTime();
    arrivals(prompt, 1);
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public double decodeRate(int sequences) {
    List<Future<List<Long>>> running = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      String prompt = prompt(settings.contextTokens());
      running.add(clients.submit(() -> arrivals(prompt, settings.outputTokens())));
    }
    List<List<Long>> arrivals = running.stream().map(LlamaSubject::await).toList();
    long start = arrivals.stream().mapToLong(List::getFirst).max().orElseThrow();
    long end = arrivals.stream().mapToLong(List::getLast).min().orElseThrow();
    long tokens =
        arrivals.stream().flatMap(List::stream).filter(time -> time > start && time <= end).count();
    return tokens / ((end - start) / 1e9);
  }

  /** When each output token arrived, in nanoseconds. */
  private List<Long> arrivals(String prompt, int tokens) {
    InferenceParameters parameters =
        new InferenceParameters(prompt)
            .setNPredict(tokens)
            .setTemperature(0)
            .setIgnoreEos(true)
            .setCachePrompt(false);
    List<Long> times = new ArrayList<>();
    LlamaIterator outputs = model.generate(parameters).iterator();
    while (outputs.hasNext()) {
      outputs.next();
      times.add(System.nanoTime());
    }
    return times;
  }

  /** Random words of exactly that many tokens. */
  private synchronized String prompt(int tokens) {
    StringBuilder text = new StringBuilder();
    while (true) {
      int length = text.length();
      if (length > 0 && random.nextInt(4) == 0) {
        text.append(' ');
      }
      text.append((char) ('a' + random.nextInt(26)));
      int count = tokenizer.encode(text.toString(), true, false).length;
      if (count == tokens) {
        return text.toString();
      }
      if (count > tokens) {
        text.setLength(length);
      }
    }
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("java-llama.cpp failed: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    clients.shutdown();
    model.close();
  }
}
