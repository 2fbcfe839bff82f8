// Attention, forward and backward, out of products over one head at a time.
//
// Work is split over (head, block of query rows), or over (key/value head, block of keys) where a
// sum runs over queries: every output row belongs to one chunk.
#include <string.h>

#include "parallel.h"
#include "table.h"

enum {
  LEAST_BLOCK = 28,   // query rows, or keys, of one chunk: enough to repay packing the weights,
  MOST_BLOCK = 112,   // few enough to stay in the cache
  KEY_BLOCK = 32,     // keys whose scores are computed together; those no row sees are skipped
  FEW_QUERIES = 4,    // few enough that all keys go together
};

typedef struct {
  const kernel_table *table;
  kernel_attention_shape shape;
  const float *q, *k, *v, *dz;
  const float *pattern, *dpattern;
  const float *slopes;  // pattern · dcapped/dscore: pattern itself without a cap
  float *out_pattern, *z, *dq, *dk, *dv;
  float *row_dots;  // [H, T]: Σ_s pattern · dpattern
  size_t block, blocks;
} attention;

typedef struct {
  size_t first, end;
} range;

// The keys that query row t sees.
static range keys_of(const kernel_attention_shape *a, size_t t) {
  size_t end = a->first_position + t + 1;
  return (range){.first = a->window > 0 && end > a->window ? end - a->window : 0, .end = end};
}

// The query rows that see any of the keys first … end.
static range queries_of(const kernel_attention_shape *a, size_t first, size_t end) {
  range r = {.first = first > a->first_position ? first - a->first_position : 0, .end = a->rows};
  if (a->window > 0) {
    size_t past = end - 1 + a->window;
    r.end = minimum(r.end, past > a->first_position ? past - a->first_position : 0);
  }
  return r;
}

static size_t queries_per_group(const attention *a) { return a->shape.heads / a->shape.kv_heads; }

static range block_of(const attention *a, size_t index, size_t n) {
  size_t first = index % a->blocks * a->block;
  return (range){.first = first, .end = minimum(first + a->block, n)};
}

// Splits n rows of each of `groups` groups and runs `task` on them.
static void run_blocks(attention *a, size_t n, size_t groups, kernel_task task) {
  size_t threads = kernel_threads();
  size_t each = chunks_of(4 * threads, maximum(groups, 1));
  a->block = maximum(LEAST_BLOCK, minimum(MOST_BLOCK, chunks_of(n, each)));
  a->blocks = chunks_of(n, a->block);
  size_t work = a->shape.rows * a->shape.keys * a->shape.heads * a->shape.head_width;
  if (work >= KERNEL_SMALL_WORK) {
    kernel_parallel_for(groups * a->blocks, task, a);
  } else {
    for (size_t i = 0; i < groups * a->blocks; i++) task(a, i);
  }
}

// cells[t, s] = x[t, h, :] · w[s, g, :] for the rows of the block, where seen.
static void head_scores(const attention *a, float *cells, const float *x, const float *w, size_t h,
                        range rows) {
  const kernel_attention_shape *shape = &a->shape;
  size_t g = h / queries_per_group(a), width = shape->head_width;
  size_t first = keys_of(shape, rows.first).first, end = keys_of(shape, rows.end - 1).end;
  size_t step = rows.end - rows.first <= FEW_QUERIES ? end - first : KEY_BLOCK;
  for (size_t s = first; s < end; s += step) {
    size_t count = minimum(step, end - s);
    range seeing = queries_of(shape, s, s + count);
    size_t t = maximum(seeing.first, rows.first), last = minimum(seeing.end, rows.end);
    if (t >= last) continue;
    product p = {
        .y = cells + t * shape->keys + s,
        .y_stride = shape->keys,
        .x = x + (t * shape->heads + h) * width,
        .x_stride = shape->heads * width,
        .w = (const char *)(w + (s * shape->kv_heads + g) * width),
        .w_stride = shape->kv_heads * width * sizeof(float),
        .rows = last - t,
        .depth = width,
    };
    a->table->product(&p, 0, count);
  }
}

static void clear_unseen(const attention *a, float *row, range seen) {
  memset(row, 0, seen.first * sizeof(float));
  memset(row + seen.end, 0, (a->shape.keys - seen.end) * sizeof(float));
}

// y[t, h, :] (+)= Σ_s cells[t, s] · w[s, g, :] over the seen keys; cells holds the block's rows.
static void head_mix(const attention *a, float *y, const float *cells, const float *w, size_t h,
                     range rows, bool accumulate) {
  const kernel_attention_shape *shape = &a->shape;
  size_t g = h / queries_per_group(a), width = shape->head_width;
  product p = {
      .y = y + (rows.first * shape->heads + h) * width,
      .y_stride = shape->heads * width,
      .x = cells,
      .x_stride = shape->keys,
      .w = (const char *)(w + g * width),
      .w_stride = shape->kv_heads * width * sizeof(float),
      .w_by_depth = true,
      .rows = rows.end - rows.first,
      .depth = keys_of(shape, rows.first).end,
      .ragged = true,
      .accumulate = accumulate,
  };
  if (keys_of(shape, rows.end - 1).first == 0) {
    a->table->product(&p, 0, width);
    return;
  }
  p.rows = 1;  // a window moves the first key too
  for (size_t t = rows.first; t < rows.end; t++) {
    range seen = keys_of(shape, t);
    p.y = y + (t * shape->heads + h) * width;
    p.x = cells + (t - rows.first) * shape->keys + seen.first;
    p.w = (const char *)(w + (seen.first * shape->kv_heads + g) * width);
    p.depth = seen.end - seen.first;
    a->table->product(&p, 0, width);
  }
}

// y[s, g, :] += Σ_t cells[t, s] · x[t, h, :] for a block of keys; cells[0] is row t.first, key
// s.first.
static void head_gather(const attention *a, float *y, const float *cells, size_t stride,
                        const float *x, size_t h, range s, range t) {
  const kernel_attention_shape *shape = &a->shape;
  size_t g = h / queries_per_group(a), width = shape->head_width;
  product p = {
      .y = y + (s.first * shape->kv_heads + g) * width,
      .y_stride = shape->kv_heads * width,
      .x = cells,
      .x_stride = stride,
      .x_by_depth = true,
      .w = (const char *)(x + (t.first * shape->heads + h) * width),
      .w_stride = shape->heads * width * sizeof(float),
      .w_by_depth = true,
      .rows = s.end - s.first,
      .depth = t.end - t.first,
      .accumulate = true,
  };
  a->table->product(&p, 0, width);
}

static void pattern_block(void *context, size_t index) {
  const attention *a = context;
  const kernel_attention_shape *shape = &a->shape;
  size_t h = index / a->blocks;
  range rows = block_of(a, index, shape->rows);
  float *cells = a->out_pattern + h * shape->rows * shape->keys;
  head_scores(a, cells, a->q, a->k, h, rows);
  for (size_t t = rows.first; t < rows.end; t++) {
    range seen = keys_of(shape, t);
    float *row = cells + t * shape->keys, *first = row + seen.first;
    size_t n = seen.end - seen.first;
    if (shape->cap > 0) a->table->soft_cap(first, first, shape->scale, shape->cap, n);
    a->table->softmax(first, n, shape->cap > 0 ? 1 : shape->scale);
    clear_unseen(a, row, seen);
  }
}

void kernel_attention_pattern(float *pattern, const float *q, const float *k,
                              kernel_attention_shape shape) {
  attention a = {
      .table = kernel_active_table(), .shape = shape, .q = q, .k = k, .out_pattern = pattern};
  run_blocks(&a, shape.rows, shape.heads, pattern_block);
}

static void mix_block(void *context, size_t index) {
  const attention *a = context;
  size_t h = index / a->blocks;
  range rows = block_of(a, index, a->shape.rows);
  const float *cells = a->pattern + (h * a->shape.rows + rows.first) * a->shape.keys;
  head_mix(a, a->z, cells, a->v, h, rows, false);
}

void kernel_attention_mix(float *z, const float *pattern, const float *v,
                          kernel_attention_shape shape) {
  attention a = {
      .table = kernel_active_table(), .shape = shape, .pattern = pattern, .v = v, .z = z};
  run_blocks(&a, shape.rows, shape.heads, mix_block);
}

static void dpattern_block(void *context, size_t index) {
  const attention *a = context;
  size_t h = index / a->blocks;
  range rows = block_of(a, index, a->shape.rows);
  float *cells = a->out_pattern + h * a->shape.rows * a->shape.keys;
  head_scores(a, cells, a->dz, a->v, h, rows);
  for (size_t t = rows.first; t < rows.end; t++) {
    clear_unseen(a, cells + t * a->shape.keys, keys_of(&a->shape, t));
  }
}

static void dv_block(void *context, size_t index) {
  const attention *a = context;
  const kernel_attention_shape *shape = &a->shape;
  size_t g = index / a->blocks, group = queries_per_group(a);
  range s = block_of(a, index, shape->keys), t = queries_of(shape, s.first, s.end);
  if (t.first >= t.end) return;
  for (size_t h = g * group; h < (g + 1) * group; h++) {
    const float *cells = a->pattern + (h * shape->rows + t.first) * shape->keys + s.first;
    head_gather(a, a->dv, cells, shape->keys, a->dz, h, s, t);
  }
}

void kernel_attention_mix_backward(float *dpattern, float *dv, const float *dz,
                                   const float *pattern, const float *v,
                                   kernel_attention_shape shape) {
  attention a = {.table = kernel_active_table(),
                 .shape = shape,
                 .out_pattern = dpattern,
                 .dv = dv,
                 .dz = dz,
                 .pattern = pattern,
                 .v = v};
  run_blocks(&a, shape.rows, shape.heads, dpattern_block);
  run_blocks(&a, shape.keys, shape.kv_heads, dv_block);
}

static void slope_block(void *context, size_t index) {
  const attention *a = context;
  const kernel_attention_shape *shape = &a->shape;
  size_t h = index / a->blocks;
  range rows = block_of(a, index, shape->rows);
  size_t head = h * shape->rows * shape->keys;
  head_scores(a, a->out_pattern + head, a->q, a->k, h, rows);
  for (size_t t = rows.first; t < rows.end; t++) {
    range seen = keys_of(shape, t);
    size_t row = head + t * shape->keys;
    a->table->cap_slope(a->out_pattern + row + seen.first, a->pattern + row + seen.first,
                        shape->scale, shape->cap, seen.end - seen.first);
    clear_unseen(a, a->out_pattern + row, seen);
  }
}

static void dq_block(void *context, size_t index) {
  const attention *a = context;
  const kernel_attention_shape *shape = &a->shape;
  size_t h = index / a->blocks;
  range rows = block_of(a, index, shape->rows);
  size_t bytes = (rows.end - rows.first) * shape->keys * sizeof(float);
  float *dscores = kernel_scratch(SCRATCH_BLOCK, bytes);
  for (size_t t = rows.first; t < rows.end; t++) {
    range seen = keys_of(shape, t);
    size_t cell = (h * shape->rows + t) * shape->keys + seen.first, n = seen.end - seen.first;
    float dot = a->table->dot(a->pattern + cell, a->dpattern + cell, n);
    a->row_dots[h * shape->rows + t] = dot;
    a->table->softmax_backward(dscores + (t - rows.first) * shape->keys + seen.first,
                               a->dpattern + cell, a->slopes + cell, dot, shape->scale, n);
  }
  head_mix(a, a->dq, dscores, a->k, h, rows, true);
}

static void dk_block(void *context, size_t index) {
  const attention *a = context;
  const kernel_attention_shape *shape = &a->shape;
  size_t g = index / a->blocks, group = queries_per_group(a);
  range s = block_of(a, index, shape->keys), queries = queries_of(shape, s.first, s.end);
  if (queries.first >= queries.end) return;
  size_t width = s.end - s.first;
  size_t bytes = (queries.end - queries.first) * width * sizeof(float);
  float *dscores = kernel_scratch(SCRATCH_BLOCK, bytes);
  for (size_t h = g * group; h < (g + 1) * group; h++) {
    for (size_t t = queries.first; t < queries.end; t++) {
      size_t cell = (h * shape->rows + t) * shape->keys + s.first;
      a->table->softmax_backward(dscores + (t - queries.first) * width, a->dpattern + cell,
                                 a->slopes + cell, a->row_dots[h * shape->rows + t], shape->scale,
                                 width);
    }
    head_gather(a, a->dk, dscores, width, a->q, h, s, queries);
  }
}

void kernel_attention_pattern_backward(float *dq, float *dk, const float *dpattern,
                                       const float *pattern, const float *q, const float *k,
                                       kernel_attention_shape shape) {
  size_t rows = shape.heads * shape.rows, cells = shape.cap > 0 ? rows * shape.keys : 0;
  float *shared = kernel_scratch(SCRATCH_SHARED, (rows + cells) * sizeof(float));
  attention a = {.table = kernel_active_table(), .shape = shape, .q = q, .k = k, .dq = dq, .dk = dk,
                 .dpattern = dpattern, .pattern = pattern, .slopes = pattern, .row_dots = shared};
  if (shape.cap > 0) {
    a.slopes = a.out_pattern = shared + rows;
    run_blocks(&a, shape.rows, shape.heads, slope_block);
  }
  run_blocks(&a, shape.rows, shape.heads, dq_block);
  run_blocks(&a, shape.keys, shape.kv_heads, dk_block);
}
