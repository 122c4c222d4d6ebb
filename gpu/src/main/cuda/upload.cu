// Moves weights from the order of their file into the order of weights.cuh.
#include "weights.cuh"

// 16-bit value at any alignment.
DEVICE uint16_t unaligned16(Global<const uint8_t> source, size_t at) {
  return (uint16_t)(source[at] | source[at + 1] << 8);
}

DEVICE bool is_finite_half(uint16_t bits) { return (bits & 0x7C00) != 0x7C00; }

// The eight elements of one lane and one output of a tile; zeros beyond the matrix.
DEVICE void repack_lane(Global<const uint8_t> source, size_t row_at, bool inside, int format, int chunk,
                        int t, int columns, Global<uint8_t> data, size_t to, Global<int> bad) {
  if (format == WEIGHT_F16 || format == WEIGHT_BF16) {
    for (int e = 0; e < 8; e++) {
      int column = chunk * TILE_INPUTS + t * 8 + e;
      uint16_t bits = inside && column < columns ? unaligned16(source, row_at + 2 * (size_t)column) : 0;
      if (format == WEIGHT_F16 && !is_finite_half(bits)) {
        global_or(&bad[0], 1);
      }
      store<uint16_t>(data, to + 2 * e, bits);
    }
  } else if (format == WEIGHT_Q8_0) {
    size_t quants = row_at + (size_t)chunk * 34 + 2;
    for (int e = 0; e < 8; e++) {
      data[to + e] = inside ? source[quants + t * 8 + e] : 0;
    }
  } else {
    // In the file byte i holds element i low and element i + 16 high.
    size_t quants = row_at + (size_t)chunk * 18 + 2;
    uint32_t word = 0;
    for (int e = 0; e < 8; e++) {
      int element = t * 8 + e;
      uint32_t pair = inside ? source[quants + element % 16] : 0x88;
      word |= (pair >> (element / 16 * 4) & 15) << (e / 2 * 4 + e % 2 * 16);
    }
    store<uint32_t>(data, to, word);
  }
}

// Rows `first` to `first + rows` of a matrix; `source` holds them as in the file, `first` is a
// multiple of 16. A warp per tile; grid: chunks by tiles. Sets bad[0] when an F16 number is not finite.
KERNEL(WARP) repack_tiles(Global<const uint8_t> source, int format, int first, int rows, int columns,
                          int row_bytes, int chunks, Global<uint8_t> data, Global<uint16_t> scales,
                          Global<int> bad) {
  int chunk = block_x();
  int lane = thread_x();
  size_t tile = (size_t)(first / TILE_OUTPUTS + block_y()) * chunks + chunk;
  size_t at = tile * tile_bytes(format);
  for (int half = 0; half < 2; half++) {
    int row = block_y() * TILE_OUTPUTS + lane / 4 + 8 * half;
    size_t to = at;
    switch (format) {
      case WEIGHT_Q8_0:
        to += 16 * lane + 8 * half;
        break;
      case WEIGHT_Q4_0:
        to += 8 * lane + 4 * half;
        break;
      default:
        to += 512 * half + 16 * lane;
    }
    repack_lane(source, (size_t)row * row_bytes, row < rows, format, chunk, lane % 4, columns, data, to, bad);
  }
  if ((format == WEIGHT_Q8_0 || format == WEIGHT_Q4_0) && lane < TILE_OUTPUTS) {
    int row = block_y() * TILE_OUTPUTS + lane;
    int block_bytes = format == WEIGHT_Q8_0 ? 34 : 18;
    uint16_t scale = row < rows ? unaligned16(source, (size_t)row * row_bytes + (size_t)chunk * block_bytes) : 0;
    if (!is_finite_half(scale)) {
      global_or(&bad[0], 1);
    }
    scales[tile * TILE_OUTPUTS + lane] = scale;
  }
}

// Rows of any format as single precision, each padded with zeros to whole chunks. Grid: rows.
KERNEL(BLOCK) expand_rows(Global<const uint8_t> source, int format, int first, int columns, int row_bytes,
                          int chunks, Global<float> data, Global<int> bad) {
  size_t from = (size_t)block_x() * row_bytes;
  size_t to = (size_t)(first + block_x()) * chunks * TILE_INPUTS;
  for (int i = thread_x(); i < chunks * TILE_INPUTS; i += BLOCK) {
    float value = 0;
    if (i < columns) {
      if (format == WEIGHT_F32) {
        uint32_t low = unaligned16(source, from + 4 * (size_t)i);
        value = bits_to_float(low | (uint32_t)unaligned16(source, from + 4 * (size_t)i + 2) << 16);
      } else if (format == WEIGHT_BF16) {
        value = bfloat_to_float(unaligned16(source, from + 2 * (size_t)i));
      } else {
        bool plain = format == WEIGHT_F16;
        size_t block = from + (plain ? 2 * (size_t)i : (size_t)(i / 32) * (format == WEIGHT_Q8_0 ? 34 : 18));
        uint16_t half = unaligned16(source, block);
        if (!is_finite_half(half)) {
          global_or(&bad[0], 1);
        }
        value = half_to_float(half);
        if (format == WEIGHT_Q8_0) {
          value *= (int8_t)source[block + 2 + i % 32];
        } else if (format == WEIGHT_Q4_0) {
          value *= (source[block + 2 + i % 16] >> (i % 32 / 16 * 4) & 15) - 8;
        }
      }
    }
    data[to + i] = value;
  }
}
