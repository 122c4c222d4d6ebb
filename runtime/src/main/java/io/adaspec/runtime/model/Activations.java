package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.Rows;

/**
 * The rows of one pass between operations. Strides are padded to whole panels, since products write
 * whole panels.
 */
final class Activations {
  final int rows;
  final Rows x;
  final Rows normed;
  final Rows query;
  final Rows key;
  final Rows value;
  final Rows attended;
  final Rows out;
  final Rows gate;
  final Rows up;

  Activations(ModelConfig config, int panelRows, int rows) {
    this.rows = rows;
    int hidden = padded(config.hiddenSize(), panelRows);
    int inner = padded(config.feedForwardSize(), panelRows);
    x = Rows.allocate(rows, hidden);
    normed = Rows.allocate(rows, hidden);
    query = Rows.allocate(rows, padded(config.querySize(), panelRows));
    key = Rows.allocate(rows, padded(config.kvSize(), panelRows));
    value = Rows.allocate(rows, padded(config.kvSize(), panelRows));
    attended = Rows.allocate(rows, padded(config.querySize(), panelRows));
    out = Rows.allocate(rows, hidden);
    gate = Rows.allocate(rows, inner);
    up = Rows.allocate(rows, inner);
  }

  private static int padded(int size, int panelRows) {
    return Math.ceilDiv(size, panelRows) * panelRows;
  }
}
