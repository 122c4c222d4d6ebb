package io.adaspec.gpu;

import io.adaspec.gpu.Products.Rows;

/**
 * Products of all rows of a pass with a stretch of prefill: the stretch by the library, or by our
 * kernels where the library has failed or does not take the format; the others by our kernels,
 * whose results depend on no other row.
 */
record PrefillProducts(Products ours, LibraryProducts library, PrefillStretch stretch)
    implements RowProducts {
  @Override
  public void launch(DeviceModel.Stack stack, DeviceBuffer x, DeviceBuffer out) {
    if (stretch.first() > 0) {
      ours.launch(stack, rows(PassLayout.ROWS_BEFORE, 0, stretch.first()), x, out);
    }
    if (stretch.after() > 0) {
      ours.launch(stack, rows(PassLayout.ROWS_AFTER, stretch.end(), stretch.after()), x, out);
    }
    Rows inside = rows(PassLayout.ROWS_INSIDE, stretch.first(), stretch.length());
    for (DeviceMatrix matrix : stack.parts()) {
      if (!library.multiply(matrix, stack.outputs(), stretch, x, out)) {
        ours.launch(matrix, stack.outputs(), inside, x, out);
      }
    }
  }

  private static Rows rows(int countIndex, int first, int count) {
    return new Rows(countIndex, first, PassShape.rowBucket(count));
  }
}
