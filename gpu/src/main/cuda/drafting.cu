// From one pass of a draft loop to the next, without the host: every row that was sampled is followed by
// its token, until it has as many as it was to have.
#include "selection.cuh"

// Rewrites the integers of a pass (PassLayout), and how its rows are sampled. One block; at most BLOCK
// rows are sampled. Tokens of logits that are not finite may lie outside of the vocabulary; the host will
// refuse them, here they only must do no harm.
KERNEL(BLOCK) next_draft(Global<int> pass, int tokens, int positions, int row_tables, int logit_rows,
                         int drafts_left, int tasks, int tiles, int tile_queries, int vocabulary,
                         Global<const Choice> choices, Global<uint8_t> samplings) {
  SHARED int goes_on[BLOCK];
  int i = thread_x();
  bool sampled = i < pass[PASS_LOGIT_ROWS];
  int row = sampled ? pass[logit_rows + i] : 0;
  int left = sampled ? pass[drafts_left + i] - 1 : 0;
  int position = pass[positions + row] + 1;
  int table = pass[row_tables + row];
  int token = 0;
  RowSampling sampling = {};
  if (left > 0) {
    token = choices[i].token;
    token = token < 0 || token >= vocabulary ? 0 : token;
    sampling = sampling_of(samplings, i);
  }
  goes_on[i] = left > 0 ? 1 : 0;
  block_barrier();
  int to = 0;
  int all = 0;
  for (int j = 0; j < BLOCK; j++) {
    to += j < i ? goes_on[j] : 0;
    all += goes_on[j];
  }
  if (left > 0) {
    pass[tokens + to] = token;
    pass[positions + to] = position;
    pass[row_tables + to] = table;
    pass[logit_rows + to] = to;
    pass[drafts_left + to] = left;
    for (int tile = 0; tile < tiles; tile++) {
      int at = tasks + (to * tiles + tile) * 4;
      pass[at] = to;
      pass[at + 1] = tile * tile_queries;
      pass[at + 2] = 1;
      pass[at + 3] = table;
    }
    size_t at = (size_t)to * SAMPLING_BYTES;
    store<uint64_t>(samplings, at, stream_of(sampling.root, sampling.position + 1));
    store<double>(samplings, at + 8, sampling.inverse_temperature);
    store<double>(samplings, at + 16, sampling.top_p);
    store<double>(samplings, at + 24, sampling.log_min_p);
    store<int>(samplings, at + 32, sampling.top_k);
    store<int>(samplings, at + 36, sampling.flags);
    store<uint64_t>(samplings, at + 40, sampling.root);
    store<int>(samplings, at + 48, sampling.position + 1);
  }
  if (i == 0) {
    pass[PASS_ROWS] = all;
    pass[PASS_LOGIT_ROWS] = all;
    pass[PASS_TASKS] = all * tiles;
  }
}
