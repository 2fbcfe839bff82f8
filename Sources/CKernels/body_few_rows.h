// Products of a few rows, which memory bounds: weights go from memory to sums without a panel.
//
// The chain of every output is the same as in a tile, so one row gives the bits it has among many.
#pragma once

#include "body_few_blocks.h"

INLINE void few_line(vec sums[FEW_ROWS], const product *p, const float *x, const vec *lines,
                     size_t steps, size_t height, kernel_type type) {
#pragma clang loop unroll_count(16)
  for (size_t j = 0; j < steps; j++) {
    vec weights = line_step(lines, j, type);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < height; i++) {
      sums[i] = vec_fma(vec_all(x[i * p->x_stride + j]), weights, sums[i]);
    }
  }
}

// `width` times 16 columns of w[n, k], transposed in registers a line of 64 bytes at a time. Meanwhile
// as many weights at `ahead` are brought near, one after the other: the processor's own prefetch
// goes along with that order, not with the order of many rows at once.
INLINE void few_columns(const product *p, size_t m, size_t depth, size_t n, size_t height,
                        size_t width, kernel_type type, const char *ahead) {
  const size_t steps = steps_in_line(type), size = weight_size(type);
  vec sums[FEW_WIDTH][FEW_ROWS], lines[LANES];
  const float *x = p->x + m * p->x_stride;
  const char *w = p->w + n * p->w_stride;
#pragma clang loop unroll(full)
  for (size_t g = 0; g < width; g++) {
    for (size_t i = 0; i < height; i++) {
      few_load(&sums[g][i], p, m + i, n + g * LANES, LANES, p->accumulate);
    }
  }
  size_t k = 0;
  for (; k + steps <= depth; k += steps) {
#pragma clang loop unroll(full)
    for (size_t g = 0; g < width; g++) {
      const char *at = w + g * LANES * p->w_stride + k * size;
#pragma clang loop unroll(full)
      for (size_t j = 0; j < LANES; j++) {
        __builtin_prefetch(ahead + j * 64, 0, 2);
      }
      ahead += LANES * 64;
      load_lines(lines, at, p->w_stride);
      few_line(sums[g], p, x + k, lines, steps, height, type);
    }
  }
#pragma clang loop unroll(full)
  for (size_t g = 0; g < width; g++) {
    if (k < depth) {
      const char *at = w + g * LANES * p->w_stride + k * size;
      load_edge(lines, at, p->w_stride, LANES, (depth - k) * size);
      few_line(sums[g], p, x + k, lines, depth - k, height, type);
    }
    for (size_t i = 0; i < height; i++) few_save(sums[g][i], p, m + i, n + g * LANES, LANES);
  }
}

// Fewer than 16 columns, by way of a small panel.
static void few_edge(const product *p, size_t m, size_t depth, size_t n, size_t height,
                     size_t columns) {
  float panel[LANES * LANES];
  vec sums[FEW_ROWS];
  for (size_t i = 0; i < height; i++) few_load(&sums[i], p, m + i, n, columns, p->accumulate);
  for (size_t k = 0; k < depth; k += LANES) {
    size_t steps = least(LANES, depth - k);
    pack_panel(panel, p, k, n, steps, columns);
    for (size_t j = 0; j < steps; j++) {
      for (size_t i = 0; i < height; i++) {
        float x = p->x[(m + i) * p->x_stride + k + j];
        sums[i] = vec_fma(vec_all(x), vec_load(panel + j * LANES), sums[i]);
      }
    }
  }
  for (size_t i = 0; i < height; i++) few_save(sums[i], p, m + i, n, columns);
}

// `width` vectors of columns of w[k, n] from step k on; rows of weights are read as they lie.
INLINE void few_steps(const product *p, size_t m, size_t k, size_t steps, size_t n, size_t height,
                      size_t width, bool from_y, kernel_type type) {
  vec sums[FEW_ROWS][FEW_VECTORS];
  const float *x = p->x + m * p->x_stride + k;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < height; i++) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) {
      few_load(&sums[i][j], p, m + i, n + j * LANES, LANES, from_y);
    }
  }
  const char *w = p->w + k * p->w_stride + n * weight_size(type);
  for (size_t s = 0; s < steps; s++, w += p->w_stride) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width * LANES * weight_size(type); j += 64) {
      __builtin_prefetch(w + j + PREFETCH_BYTES, 0, 3);
    }
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) {
      vec weights = weight_vector(w + j * LANES * weight_size(type), type);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < height; i++) {
        sums[i][j] = vec_fma(vec_all(x[i * p->x_stride + s]), weights, sums[i][j]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < height; i++) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) few_save(sums[i][j], p, m + i, n + j * LANES, LANES);
  }
}

INLINE void few_by_depth(const product *p, size_t m, size_t depth, size_t n, size_t columns,
                         size_t height, kernel_type type) {
  const size_t wide = FEW_VECTORS * LANES;
  size_t whole = columns / LANES * LANES;
  size_t steps = columns <= wide ? depth : FEW_STEPS;
  size_t k = 0;
  do {  // once even where depth is 0, which sets y to 0
    size_t some = least(steps, depth - k), j = 0;
    bool from_y = p->accumulate || k > 0;
    for (; j + wide <= whole; j += wide) {
      few_steps(p, m, k, some, n + j, height, FEW_VECTORS, from_y, type);
    }
    for (; j < whole; j += LANES) few_steps(p, m, k, some, n + j, height, 1, from_y, type);
    k += steps;
  } while (k < depth);
  if (whole < columns) few_edge(p, m, depth, n + whole, height, columns - whole);
}

INLINE void few_typed(const product *p, size_t m, size_t depth, size_t n, size_t columns,
                      size_t height, kernel_type type) {
  if (p->w_by_depth) {
    few_by_depth(p, m, depth, n, columns, height, type);
    return;
  }
  // Two groups hide the latency of one sum. Long f32 rows keep memory busy with one, and their 32
  // lines would push each other out of the cache.
  const size_t wide = FEW_WIDTH * LANES, end = n + columns;
  if (type != KERNEL_F32 || p->w_stride < FAR_APART) {
    for (; n + wide <= end; n += wide) {
      few_columns(p, m, depth, n, height, FEW_WIDTH, type, weights_after(p, n + wide, end));
    }
  }
  for (; n + LANES <= end; n += LANES) {
    few_columns(p, m, depth, n, height, 1, type, weights_after(p, n + LANES, end));
  }
  if (n < end) few_edge(p, m, depth, n, height, end - n);
}

INLINE void few_rows_of(const product *p, size_t m, size_t depth, size_t n, size_t columns,
                        size_t height) {
  if (p->type == KERNEL_F32) {
    few_typed(p, m, depth, n, columns, height, KERNEL_F32);
  } else if (p->type == KERNEL_F16) {
    few_typed(p, m, depth, n, columns, height, KERNEL_F16);
  } else if (p->type == KERNEL_BF16) {
    few_typed(p, m, depth, n, columns, height, KERNEL_BF16);
  } else {
    few_blocks(p, m, n, columns, height);
  }
}

static void few_rows(const product *p, size_t n, size_t columns) {
  if (p->ragged) {
    for (size_t m = 0; m < p->rows; m++) few_rows_of(p, m, p->depth + m, n, columns, 1);
  } else if (p->rows == 1) {
    few_rows_of(p, 0, p->depth, n, columns, 1);
  } else if (p->rows == 2) {
    few_rows_of(p, 0, p->depth, n, columns, 2);
  } else if (p->rows == 3) {
    few_rows_of(p, 0, p->depth, n, columns, 3);
  } else {
    few_rows_of(p, 0, p->depth, n, columns, 4);
  }
}

static void run_product(const product *p, size_t first_column, size_t columns) {
  if (p->depth + (p->ragged ? p->rows - 1 : 0) == 0) {
    if (!p->accumulate) clear_rows(p, first_column, columns);
  } else if (p->rows <= FEW_ROWS && !p->x_by_depth && few_rows_pay(p)) {
    few_rows(p, first_column, columns);
  } else {
    for (size_t m = 0; m < p->rows; m += BLOCK_ROWS) {
      for (size_t n = 0; n < columns; n += BLOCK_COLUMNS) {
        run_block(p, m, least(BLOCK_ROWS, p->rows - m), first_column + n,
                  least(BLOCK_COLUMNS, columns - n));
      }
    }
  }
}
