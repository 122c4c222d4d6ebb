package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * CUDA graphs by shape: the kernels of a shape are recorded when it first occurs and launched as
 * one from then on. Recording is relaxed, since the driver may load a kernel when it is first
 * named. The least recently used graph goes when there are too many, {@value #MOST_GRAPHS} by
 * default.
 *
 * @param <S> the shape
 */
final class LaunchGraphs<S> implements AutoCloseable {
  private static final int MOST_GRAPHS = 64;

  private final CudaContext context;
  private final Consumer<S> kernels;
  private final int most;
  private final Map<S, CUgraphExec> graphs = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param kernels queues the kernels of a shape
   */
  LaunchGraphs(CudaContext context, Consumer<S> kernels) {
    this(context, kernels, MOST_GRAPHS);
  }

  /**
   * @param most graphs kept, at least one
   */
  LaunchGraphs(CudaContext context, Consumer<S> kernels, int most) {
    this.context = context;
    this.kernels = kernels;
    this.most = most;
  }

  /** Queues a shape's kernels. */
  void launch(S shape) {
    CUgraphExec graph = graphs.get(shape);
    if (graph == null) {
      if (graphs.size() == most) {
        forgetEldest();
      }
      graph = record(shape);
      graphs.put(shape, graph);
    }
    check(JCudaDriver.cuGraphLaunch(graph, context.stream()), "cuGraphLaunch");
  }

  /** Shapes recorded. */
  int size() {
    return graphs.size();
  }

  private CUgraphExec record(S shape) {
    check(
        JCudaDriver.cuStreamBeginCapture(
            context.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED),
        "cuStreamBeginCapture");
    CUgraph graph = new CUgraph();
    boolean queued = false;
    try {
      kernels.accept(shape);
      queued = true;
    } finally {
      int status = JCudaDriver.cuStreamEndCapture(context.stream(), graph);
      if (queued) {
        check(status, "cuStreamEndCapture");
      }
    }
    CUgraphExec executable = new CUgraphExec();
    int status = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
    JCudaDriver.cuGraphDestroy(graph);
    check(status, "cuGraphInstantiate");
    return executable;
  }

  private void forgetEldest() {
    S eldest = graphs.keySet().iterator().next();
    CUgraphExec graph = graphs.remove(eldest);
    if (graph != null) {
      context.synchronize();
      check(JCudaDriver.cuGraphExecDestroy(graph), "cuGraphExecDestroy");
    }
  }

  @Override
  public void close() {
    graphs.values().forEach(JCudaDriver::cuGraphExecDestroy);
    graphs.clear();
  }
}
