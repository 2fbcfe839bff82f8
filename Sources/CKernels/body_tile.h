// The innermost loop of a product: a tile of rows against one packed panel of weights.
#pragma once

#include "vector.h"

enum {
  DEPTH = 256,              // steps of the inner dimension in one panel
  ROW_STRIDE = DEPTH + 16,  // of packed rows; the 16 keep rows off the same cache set
  PREFETCH_STEPS = 16,      // steps between two rounds of prefetches
};

typedef struct {
  float *y;
  size_t y_stride;
  const float *rows;   // packed, ROW_STRIDE apart
  const float *panel;  // [depth][16 or TILE_VECTORS · 16]
  size_t columns;      // valid ones
  bool from_y;         // continue the chain from y instead of 0

  // Row i takes the steps below min(reach + i, last_depth) if the product is ragged; all rows take
  // those below `depth`.
  ptrdiff_t reach;
  size_t depth, last_depth;

  // Every PREFETCH_STEPS steps, ahead_rows lines ahead_stride bytes apart, then ahead_step further.
  const char *ahead;
  size_t ahead_rows, ahead_stride, ahead_step, ahead_second_line;
} tile;

INLINE void tile_prefetch(const tile *t, const char *ahead) {
  for (size_t i = 0; i < t->ahead_rows; i++) {
    __builtin_prefetch(ahead + i * t->ahead_stride, 0, 2);
    if (t->ahead_second_line) __builtin_prefetch(ahead + i * t->ahead_stride + 64, 0, 2);
  }
}

// height and width are constants where these are inlined, so the sums live in registers.
INLINE void tile_step(vec sums[TILE_ROWS][TILE_VECTORS], const float *rows, const float *panel,
                      size_t height, size_t width) {
  vec w[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t j = 0; j < width; j++) w[j] = vec_load(panel + j * LANES);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < height; i++) {
    vec x = vec_all(rows[i * ROW_STRIDE]);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) sums[i][j] = vec_fma(x, w[j], sums[i][j]);
  }
}

// The steps that some rows no longer take. Their sums stay as they are, even if w is not finite.
INLINE void tile_ragged_step(vec sums[TILE_ROWS][TILE_VECTORS], const tile *t, size_t k,
                             size_t height, size_t width) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < height; i++) {
    if (t->reach + (ptrdiff_t)i <= (ptrdiff_t)k) continue;
    vec x = vec_all(t->rows[i * ROW_STRIDE + k]);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) {
      sums[i][j] = vec_fma(x, vec_load(t->panel + (k * width + j) * LANES), sums[i][j]);
    }
  }
}

INLINE void tile_load(vec sums[TILE_ROWS][TILE_VECTORS], const tile *t, size_t height,
                      size_t width) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < height; i++) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) {
      const float *y = t->y + i * t->y_stride + j * LANES;
      size_t left = t->columns - j * LANES;
      if (!t->from_y) {
        sums[i][j] = vec_all(0);
      } else {
        sums[i][j] = left >= LANES ? vec_load(y) : vec_load_part(y, left);
      }
    }
  }
}

INLINE void tile_save(vec sums[TILE_ROWS][TILE_VECTORS], const tile *t, size_t height,
                      size_t width) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < height; i++) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) {
      float *y = t->y + i * t->y_stride + j * LANES;
      size_t left = t->columns - j * LANES;
      if (left >= LANES) {
        vec_store(y, sums[i][j]);
      } else {
        vec_store_part(y, sums[i][j], left);
      }
    }
  }
}

INLINE void run_tile(const tile *t, size_t height, size_t width) {
  vec sums[TILE_ROWS][TILE_VECTORS];
  tile_load(sums, t, height, width);
  const char *ahead = t->ahead;
  size_t k = 0;
  for (; k + PREFETCH_STEPS <= t->depth; k += PREFETCH_STEPS) {
    tile_prefetch(t, ahead);
    ahead += t->ahead_step;
    for (size_t i = k; i < k + PREFETCH_STEPS; i++) {
      tile_step(sums, t->rows + i, t->panel + i * width * LANES, height, width);
    }
  }
  for (; k < t->depth; k++) {
    tile_step(sums, t->rows + k, t->panel + k * width * LANES, height, width);
  }
  for (; k < t->last_depth; k++) tile_ragged_step(sums, t, k, height, width);
  tile_save(sums, t, height, width);
}

