// Products of a few rows with quantised weights: a few vectors of columns, 32 steps at a time.
//
// The weights pass through a buffer in the first-level cache, so that unpacking one part and adding
// up the part before it overlap.
#pragma once

#include "body_product.h"

enum {
  PREFETCH_BYTES = 512,  // ahead of every weight row that is read as it lies
  FEW_ROWS = 4,
  FEW_WIDTH = 2,         // groups of 16 columns at a time
  FEW_STEPS = 16,        // weight rows read side by side when the inner dimension is the outer one
  FEW_VECTORS = 4,       // sums held for each row there
  FAR_APART = 4096,      // bytes from row to row at which rows fall on the same cache sets
};

INLINE void few_load(vec *sum, const product *p, size_t m, size_t n, size_t width, bool from_y) {
  const float *y = p->y + m * p->y_stride + n;
  *sum = !from_y ? vec_all(0) : width >= LANES ? vec_load(y) : vec_load_part(y, width);
}

INLINE void few_save(vec sum, const product *p, size_t m, size_t n, size_t width) {
  float *y = p->y + m * p->y_stride + n;
  if (width >= LANES) {
    vec_store(y, sum);
  } else {
    vec_store_part(y, sum, width);
  }
}

// One row of x against `groups` whole groups of 16 columns.
INLINE void one_row_columns(const product *p, size_t m, size_t n, size_t groups,
                            const char *ahead) {
  vec sums[FEW_BLOCK_WIDTH];
  for (size_t g = 0; g < groups; g++) {
    few_load(&sums[g], p, m, n + g * LANES, LANES, p->accumulate);
  }
  add_functions[p->type](sums, groups, p->x + m * p->x_stride, p->w + n * p->w_stride,
                         p->w_stride, p->depth, ahead);
  for (size_t g = 0; g < groups; g++) few_save(sums[g], p, m, n + g * LANES, LANES);
}

// `width` times 16 columns, or fewer than 16 where width is 1.
INLINE void few_block_columns(const product *p, block_type t, size_t m, size_t n, size_t columns,
                              size_t height, size_t width, const char *ahead) {
  float panel[FEW_BLOCK_WIDTH][UNPACK_STEPS * LANES];
  vec sums[FEW_BLOCK_WIDTH][FEW_ROWS];
  const char *w = p->w + n * p->w_stride;
#pragma clang loop unroll(full)
  for (size_t g = 0; g < width; g++) {
    for (size_t i = 0; i < height; i++) {
      few_load(&sums[g][i], p, m + i, n + g * LANES, columns - g * LANES, p->accumulate);
    }
  }
  const size_t bytes = UNPACK_STEPS * t.size / t.block * width * LANES;
  for (size_t k = 0; k < p->depth; k += UNPACK_STEPS, ahead += bytes) {
    const float *x = p->x + m * p->x_stride + k;
    prefetch_bytes(ahead, bytes);
    for (size_t g = 0; g < width; g++) {
      const char *rows = w + g * LANES * p->w_stride;
      unpack_steps(t, panel[g], LANES, rows, p->w_stride, k, columns - g * LANES);
    }
#pragma clang loop unroll_count(8)
    for (size_t j = 0; j < UNPACK_STEPS; j++) {
#pragma clang loop unroll(full)
      for (size_t g = 0; g < width; g++) {
        vec weights = vec_load(panel[g] + j * LANES);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < height; i++) {
          sums[g][i] = vec_fma(vec_all(x[i * p->x_stride + j]), weights, sums[g][i]);
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t g = 0; g < width; g++) {
    for (size_t i = 0; i < height; i++) {
      few_save(sums[g][i], p, m + i, n + g * LANES, columns - g * LANES);
    }
  }
}

// Where the weights lie by depth a panel is as good, since it has to be turned anyway.
INLINE bool few_rows_pay(const product *p) {
  return kernel_type_block(p->type) == 1 || !p->w_by_depth;
}

// Where the weights after column n lie, the columns up to `end` being this call's.
INLINE const char *weights_after(const product *p, size_t n, size_t end) {
  return n >= end && p->ahead ? p->ahead : p->w + n * p->w_stride;
}

INLINE void few_blocks(const product *p, size_t m, size_t n, size_t columns, size_t height) {
  const size_t wide = FEW_BLOCK_WIDTH * LANES, end = n + columns;
  block_type t = block_type_of(p->type);
  while (height == 1 && n + LANES <= end) {
    size_t groups = least(FEW_BLOCK_WIDTH, (end - n) / LANES), next = n + groups * LANES;
    one_row_columns(p, m, n, groups, weights_after(p, next, end));
    n = next;
  }
  for (; n + wide <= end; n += wide) {
    const char *ahead = weights_after(p, n + wide, end);
    few_block_columns(p, t, m, n, wide, height, FEW_BLOCK_WIDTH, ahead);
  }
  for (; n < end; n += LANES) {
    const char *ahead = weights_after(p, n + LANES, end);
    few_block_columns(p, t, m, n, end - n, height, 1, ahead);
  }
}
