// Matrix products: weights are packed into a panel of k-major columns, which tiles of rows then use.
//
// A panel is DEPTH steps of TILE_VECTORS vectors, about 32 KB with AVX-512, so that it and the rows
// of one tile stay in the first-level cache. Longer inner dimensions continue the chain from y.
#pragma once

#include "body_unpack.h"
#include "tiles.h"

enum {
  BLOCK_ROWS = 12 * TILE_ROWS,  // packed activations stay in the second-level cache,
  BLOCK_COLUMNS = 512,          // and so does this part of y
};

INLINE const char *weight_at(const product *p, size_t k, size_t n) {
  size_t row = p->w_by_depth ? k : n, column = p->w_by_depth ? n : k;
  return p->w + row * p->w_stride + column / kernel_type_block(p->type) * kernel_type_size(p->type);
}

// panel[i, 0 … 15] = w(k + i, n … n + 15) where `columns` of these 16 exist.
INLINE void pack_lines(float *panel, const product *p, size_t k, size_t n, size_t depth,
                       size_t columns, size_t panel_stride, kernel_type type) {
  const size_t steps = steps_in_line(type), size = weight_size(type);
  const char *w = p->w + n * p->w_stride + k * size;
  for (size_t i = 0; i < depth; i += steps) {
    vec lines[LANES];
    size_t some = least(steps, depth - i);
    if (some == steps && columns >= LANES) {
      load_lines(lines, w + i * size, p->w_stride);
#pragma clang loop unroll(full)
      for (size_t j = 0; j < steps; j++) {
        vec_store(panel + (i + j) * panel_stride, line_step(lines, j, type));
      }
    } else {
      load_edge(lines, w + i * size, p->w_stride, least(columns, LANES), some * size);
      for (size_t j = 0; j < some; j++) {
        vec_store(panel + (i + j) * panel_stride, line_step(lines, j, type));
      }
    }
  }
}

// The same where the weights already lie that way.
INLINE void pack_steps(float *panel, const product *p, size_t k, size_t n, size_t depth,
                       size_t columns, size_t panel_stride, kernel_type type) {
  const size_t size = weight_size(type);
  const char *w = p->w + k * p->w_stride + n * size;
  for (size_t i = 0; i < depth; i++) {
    char copy[64] = {0};
    if (columns < LANES) memcpy(copy, w + i * p->w_stride, columns * size);
    const char *from = columns < LANES ? copy : w + i * p->w_stride;
    vec_store(panel + i * panel_stride, weight_vector(from, type));
  }
}

INLINE void pack_typed(float *panel, const product *p, size_t k, size_t n, size_t depth,
                       size_t columns, kernel_type type) {
  size_t panel_stride = columns <= LANES ? LANES : TILE_VECTORS * LANES;
  for (size_t j = 0; j < columns; j += LANES) {
    if (p->w_by_depth) {
      pack_steps(panel + j, p, k, n + j, depth, columns - j, panel_stride, type);
    } else {
      pack_lines(panel + j, p, k, n + j, depth, columns - j, panel_stride, type);
    }
  }
}

// Quantised weights: slices begin and end with a part of a block, since DEPTH is a multiple of all.
static void pack_blocks(float *panel, const product *p, size_t k, size_t n, size_t depth,
                        size_t columns) {
  block_type t = block_type_of(p->type);
  size_t panel_stride = columns <= LANES ? LANES : TILE_VECTORS * LANES;
  for (size_t j = 0; j < columns; j += LANES) {
    if (p->w_by_depth) {
      for (size_t i = 0; i < depth; i += LANES) {
        unpack_turned(t, panel + i * panel_stride + j, panel_stride, p->w + (k + i) * p->w_stride,
                      p->w_stride, n + j, depth - i);
      }
    } else {
      const char *w = p->w + (n + j) * p->w_stride;
      for (size_t i = 0; i < depth; i += UNPACK_STEPS) {
        unpack_steps(t, panel + i * panel_stride + j, panel_stride, w, p->w_stride, k + i,
                     columns - j);
      }
    }
  }
}

// panel[i, j] = w(k + i, n + j) for i < depth, j < columns; columns up to a whole vector are 0.
static void pack_panel(float *panel, const product *p, size_t k, size_t n, size_t depth,
                       size_t columns) {
  if (p->type == KERNEL_F32) {
    pack_typed(panel, p, k, n, depth, columns, KERNEL_F32);
  } else if (p->type == KERNEL_F16) {
    pack_typed(panel, p, k, n, depth, columns, KERNEL_F16);
  } else if (p->type == KERNEL_BF16) {
    pack_typed(panel, p, k, n, depth, columns, KERNEL_BF16);
  } else {
    pack_blocks(panel, p, k, n, depth, columns);
  }
}

// packed[i, j] = x(m + i, k + j), at a fixed stride, so that rows need no address register each.
static void pack_rows(float *packed, const product *p, size_t m, size_t k, size_t rows,
                      size_t depth) {
  if (!p->x_by_depth) {
    for (size_t i = 0; i < rows; i++) {
      memcpy(packed + i * ROW_STRIDE, p->x + (m + i) * p->x_stride + k, depth * sizeof(float));
    }
    return;
  }
  size_t i = 0;
  for (; i + LANES <= rows; i += LANES) {
    size_t j = 0;
    for (; j + LANES <= depth; j += LANES) {
      vec block[LANES];
      load_lines(block, (const char *)(p->x + (k + j) * p->x_stride + m + i),
                 p->x_stride * sizeof(float));
      for (size_t r = 0; r < LANES; r++) vec_store(packed + (i + r) * ROW_STRIDE + j, block[r]);
    }
    for (; j < depth; j++) {
      for (size_t r = 0; r < LANES; r++) {
        packed[(i + r) * ROW_STRIDE + j] = p->x[(k + j) * p->x_stride + m + i + r];
      }
    }
  }
  for (; i < rows; i++) {
    for (size_t j = 0; j < depth; j++) {
      packed[i * ROW_STRIDE + j] = p->x[(k + j) * p->x_stride + m + i];
    }
  }
}

// How far row `m` of the product reaches into a slice of `depth` steps that starts at k.
INLINE ptrdiff_t reach(const product *p, size_t m, size_t k, size_t depth) {
  if (!p->ragged) return (ptrdiff_t)depth;
  return (ptrdiff_t)(p->depth + m) - (ptrdiff_t)k;
}

typedef struct {
  const product *p;
  float *panel, *packed;
  size_t m, rows;     // the block of rows
  size_t k, depth;    // the slice of the inner dimension
  size_t next_k, next_n;  // the panel that comes next, to prefetch; next_n is past the end if none
  size_t end_n;
} slice;

// Spreads the prefetch of the next panel's weights over the tiles of this one.
INLINE void plan_prefetch(tile *t, const slice *s, size_t index, size_t count) {
  const product *p = s->p;
  t->ahead_rows = 0;
  if (s->next_n >= s->end_n) return;
  size_t lines = p->w_by_depth ? PREFETCH_STEPS : least(TILE_VECTORS * LANES, s->end_n - s->next_n);
  size_t first = lines * index / count, last = lines * (index + 1) / count;
  size_t size = kernel_type_size(p->type), block = kernel_type_block(p->type);
  t->ahead_rows = last - first;
  t->ahead_stride = p->w_stride;
  t->ahead = weight_at(p, s->next_k, s->next_n) + first * p->w_stride;
  t->ahead_step = p->w_by_depth ? PREFETCH_STEPS * p->w_stride : PREFETCH_STEPS * size / block;
  t->ahead_second_line = p->w_by_depth && TILE_VECTORS * LANES * size / block > 64 ? 64 : 0;
}

// All rows of the block against one panel of columns n … n + columns.
static void run_panel(const slice *s, size_t n, size_t columns) {
  const product *p = s->p;
  pack_panel(s->panel, p, s->k, n, s->depth, columns);
  size_t tiles = (s->rows + TILE_ROWS - 1) / TILE_ROWS;
  for (size_t i = 0; i < tiles; i++) {
    size_t first = s->rows * i / tiles, last = s->rows * (i + 1) / tiles;
    size_t m = s->m + first;
    ptrdiff_t least_reach = reach(p, m, s->k, s->depth);
    ptrdiff_t most = reach(p, s->m + last - 1, s->k, s->depth);
    if (most <= 0 && s->k > 0) continue;  // these rows ended in an earlier slice
    tile t = {
        .y = p->y + m * p->y_stride + n,
        .y_stride = p->y_stride,
        .rows = s->packed + first * ROW_STRIDE,
        .panel = s->panel,
        .reach = least_reach,
        .depth = least_reach < 0 ? 0 : least((size_t)least_reach, s->depth),
        .last_depth = most < 0 ? 0 : least((size_t)most, s->depth),
        .columns = columns,
        .from_y = p->accumulate || s->k > 0,
    };
    plan_prefetch(&t, s, i, tiles);
    tile_functions[columns > LANES ? TILE_VECTORS - 1 : 0][last - first - 1](&t);
  }
}

static void run_slice(slice *s, size_t n, size_t columns, size_t total_depth) {
  const size_t width = TILE_VECTORS * LANES;
  pack_rows(s->packed, s->p, s->m, s->k, s->rows, s->depth);
  s->end_n = n + columns;
  for (size_t j = 0; j < columns; j += width) {
    bool is_last = j + width >= columns;
    s->next_k = is_last ? s->k + DEPTH : s->k;
    s->next_n = !is_last ? n + j + width : s->next_k < total_depth ? n : s->end_n;
    run_panel(s, n + j, least(width, columns - j));
  }
}

static void run_block(const product *p, size_t m, size_t rows, size_t n, size_t columns) {
  size_t total = p->depth + (p->ragged ? m + rows - 1 : 0);
  slice s = {
      .p = p,
      .panel = kernel_scratch(SCRATCH_PANEL, sizeof(float) * DEPTH * TILE_VECTORS * LANES),
      .packed = kernel_scratch(SCRATCH_ROWS, sizeof(float) * BLOCK_ROWS * ROW_STRIDE),
      .m = m,
      .rows = rows,
  };
  for (size_t k = 0; k < total; k += DEPTH) {
    s.k = k;
    s.depth = least(DEPTH, total - k);
    run_slice(&s, n, columns, total);
  }
}

INLINE void clear_rows(const product *p, size_t first_column, size_t columns) {
  for (size_t m = 0; m < p->rows; m++) {
    memset(p->y + m * p->y_stride + first_column, 0, columns * sizeof(float));
  }
}
