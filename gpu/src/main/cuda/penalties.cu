// Penalties: changes the logits that a pass left, operation by operation as the runtime's PenalisedTokens.
#include "pass.cuh"

// A row with penalties, as the host lays it out. Entries and draft tokens lie among the integers behind the rows.
struct PenalisedRow {
  int logit_row;
  int entries_at;
  int entries;
  int drafts_at;
  int drafts;
  float repetition;
  float frequency;
  float presence;
};
constexpr int PENALISED_ROW_BYTES = 32;
constexpr int ENTRY_INTS = 3;

DEVICE PenalisedRow penalised_row(Global<const uint8_t> rows, int index) {
  size_t at = (size_t)index * PENALISED_ROW_BYTES;
  return PenalisedRow{load<int>(rows, at),        load<int>(rows, at + 4),    load<int>(rows, at + 8),
                      load<int>(rows, at + 12),   load<int>(rows, at + 16),   load<float>(rows, at + 20),
                      load<float>(rows, at + 24), load<float>(rows, at + 28)};
}

// An entry is a token, twice how often it is in the output (plus 1 if it is in the prompt), and a bias; the
// row's draft tokens are output, too. No two entries of a row have the same token. Grid: entries by rows.
KERNEL(BLOCK) penalise_logits(Global<float> logits, int stride, Global<const uint8_t> rows, Global<const int> integers) {
  PenalisedRow row = penalised_row(rows, block_y());
  int entry = block_x() * BLOCK + thread_x();
  if (entry >= row.entries) {
    return;
  }
  size_t at = (size_t)row.entries_at + (size_t)entry * ENTRY_INTS;
  int token = integers[at];
  int uses = integers[at + 1];
  int count = uses >> 1;
  for (int i = 0; i < row.drafts; i++) {
    count += integers[row.drafts_at + i] == token ? 1 : 0;
  }
  size_t cell = (size_t)row.logit_row * stride + token;
  float z = logits[cell];
  if (count > 0 || (uses & 1)) {
    z = z > 0 ? z / row.repetition : z * row.repetition;
  }
  z = z - row.frequency * (float)count;
  if (count > 0) {
    z = z - row.presence;
  }
  logits[cell] = z + bits_to_float((uint32_t)integers[at + 2]);
}
