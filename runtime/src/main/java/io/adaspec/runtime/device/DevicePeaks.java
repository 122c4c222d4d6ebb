package io.adaspec.runtime.device;

/**
 * What a device can do at best, measured on it: the roofs under which passes are judged.
 *
 * @param copyBytesPerSecond bytes read and bytes written, together, while memory is copied
 * @param matrixFlopsPerSecond multiplications and additions of 16-bit matrix products
 */
public record DevicePeaks(double copyBytesPerSecond, double matrixFlopsPerSecond) {
  public DevicePeaks {
    if (!(copyBytesPerSecond > 0) || !(matrixFlopsPerSecond > 0)) {
      throw new IllegalArgumentException(
          "peaks must be positive, not "
              + copyBytesPerSecond
              + " bytes/s and "
              + matrixFlopsPerSecond
              + " FLOP/s");
    }
  }
}
