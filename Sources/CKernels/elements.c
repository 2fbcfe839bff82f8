// Everything that is not a product: vectors, norms, rotary positions, activations and softmax.
// Large inputs are split over elements or rows.
#include <string.h>

#include "parallel.h"
#include "table.h"

// Elements below which a thread is not worth waking, about 5 µs of work in each case.
enum { ELEMENT_PART = 1 << 14 };

void kernel_to_f32(float *y, const void *x, kernel_type type, size_t n) {
  (void)kernel_row_size(type, n);  // traps unless n is whole blocks
  kernel_active_table()->to_f32(y, x, type, n);
}

float kernel_dot(const float *a, const float *b, size_t n) {
  return kernel_active_table()->dot(a, b, n);
}

void kernel_add(float *y, const float *x, size_t n) { kernel_active_table()->add(y, x, n); }

void kernel_scale_add(float *y, float a, const float *x, size_t n) {
  kernel_active_table()->scale_add(y, a, x, n);
}

void kernel_exp(float *y, const float *x, size_t n) { kernel_active_table()->exp(y, x, n); }

void kernel_softmax(float *x, size_t n) { kernel_active_table()->softmax(x, n, 1); }

float kernel_log_sum_exp(const float *x, size_t n) {
  return kernel_active_table()->log_sum_exp(x, n);
}

// Whether element i has all bits of its exponent set, as infinity and NaN do.
static bool is_nonfinite(const char *x, kernel_type type, size_t i) {
  if (type == KERNEL_F32) {
    uint32_t bits;
    memcpy(&bits, x + 4 * i, 4);
    return (bits & 0x7f800000) == 0x7f800000;
  }
  uint16_t bits, exponent = type == KERNEL_F16 ? 0x7c00 : 0x7f80;
  memcpy(&bits, x + 2 * i, 2);
  return (bits & exponent) == exponent;
}

static size_t first_nonfinite_quantised(const char *x, kernel_type type, size_t n) {
  enum { PART = 4096 };  // whole blocks of any type
  float y[PART];
  for (size_t first = 0; first < n; first += PART) {
    size_t count = minimum(PART, n - first);
    kernel_to_f32(y, x + kernel_row_size(type, first), type, count);
    size_t found = kernel_first_nonfinite(y, KERNEL_F32, count);
    if (found < count) return first + found;
  }
  return n;
}

size_t kernel_first_nonfinite(const void *x, kernel_type type, size_t n) {
  if (kernel_type_block(type) > 1) return first_nonfinite_quantised(x, type, n);
  enum { BLOCK = 256 };  // checked without a branch, so that the compiler can use vectors
  for (size_t first = 0; first < n; first += BLOCK) {
    size_t end = minimum(first + BLOCK, n);
    bool found = false;
    for (size_t i = first; i < end; i++) found |= is_nonfinite(x, type, i);
    for (size_t i = first; found && i < end; i++) {
      if (is_nonfinite(x, type, i)) return i;
    }
  }
  return n;
}

typedef struct {
  const kernel_table *table;
  float *y, *inverse_rms, *dup;
  const float *x, *gain, *bias, *dy, *up;
  size_t rows, width, part;  // part: rows or elements of one chunk
  float epsilon;
  kernel_activation activation;
  rope rope;
} region;

static void run(region *r, kernel_task task) {
  r->table = kernel_active_table();
  kernel_parallel_for(chunks_of(r->rows, r->part), task, r);
}

static size_t rows_per_part(size_t width) { return maximum(ELEMENT_PART / maximum(width, 1), 1); }

static void rmsnorm_part(void *context, size_t chunk) {
  const region *r = context;
  size_t t = chunk * r->part;
  r->table->rmsnorm(r->y + t * r->width, r->inverse_rms ? r->inverse_rms + t : NULL,
                    r->x + t * r->width, r->gain, minimum(r->part, r->rows - t), r->width,
                    r->epsilon);
}

void kernel_rmsnorm(float *y, float *inverse_rms, const float *x, const float *gain, size_t rows,
                    size_t width, float epsilon) {
  region r = {.y = y,
              .inverse_rms = inverse_rms,
              .x = x,
              .gain = gain,
              .rows = rows,
              .width = width,
              .part = rows_per_part(width),
              .epsilon = epsilon};
  run(&r, rmsnorm_part);
}

static void rmsnorm_backward_part(void *context, size_t chunk) {
  const region *r = context;
  size_t t = chunk * r->part, offset = t * r->width;
  r->table->rmsnorm_backward(r->y + offset, r->dy + offset, r->x + offset, r->gain,
                             r->inverse_rms + t, minimum(r->part, r->rows - t), r->width);
}

void kernel_rmsnorm_backward(float *dx, const float *dy, const float *x, const float *gain,
                             const float *inverse_rms, size_t rows, size_t width) {
  region r = {.y = dx,
              .inverse_rms = (float *)inverse_rms,
              .dy = dy,
              .x = x,
              .gain = gain,
              .rows = rows,
              .width = width,
              .part = rows_per_part(width)};
  run(&r, rmsnorm_backward_part);
}

static void rope_part(void *context, size_t chunk) {
  const region *r = context;
  size_t t = chunk * r->part;
  r->table->rope(&r->rope, t, minimum(r->part, r->rows - t));
}

void kernel_rope(float *x, size_t x_stride, const float *cosine, const float *sine, size_t rows,
                 size_t heads, size_t head_width, size_t rotary, kernel_rope_pairing pairing,
                 bool inverse) {
  region r = {.rows = rows,
              .part = rows_per_part(heads * rotary),
              .rope = {.x = x,
                       .x_stride = x_stride,
                       .cosine = cosine,
                       .sine = sine,
                       .heads = heads,
                       .head_width = head_width,
                       .rotary = rotary,
                       .pairing = pairing,
                       .inverse = inverse}};
  run(&r, rope_part);
}

static void layernorm_part(void *context, size_t chunk) {
  const region *r = context;
  size_t t = chunk * r->part, offset = t * r->width, rows = minimum(r->part, r->rows - t);
  r->table->layernorm(r->y + offset, r->x + offset, r->gain, r->bias, rows, r->width, r->epsilon);
}

void kernel_layernorm(float *y, const float *x, const float *gain, const float *bias, size_t rows,
                      size_t width, float epsilon) {
  region r = {.y = y,
              .x = x,
              .gain = gain,
              .bias = bias,
              .rows = rows,
              .width = width,
              .part = rows_per_part(width),
              .epsilon = epsilon};
  run(&r, layernorm_part);
}

static void layernorm_backward_part(void *context, size_t chunk) {
  const region *r = context;
  size_t t = chunk * r->part, offset = t * r->width, rows = minimum(r->part, r->rows - t);
  r->table->layernorm_backward(r->y + offset, r->dy + offset, r->x + offset, r->gain, rows,
                               r->width, r->epsilon);
}

void kernel_layernorm_backward(float *dx, const float *dy, const float *x, const float *gain,
                               size_t rows, size_t width, float epsilon) {
  region r = {.y = dx,
              .dy = dy,
              .x = x,
              .gain = gain,
              .rows = rows,
              .width = width,
              .part = rows_per_part(width),
              .epsilon = epsilon};
  run(&r, layernorm_backward_part);
}

// Element i of a part, or NULL where there is no such operand.
static const float *from(const float *x, size_t i) { return x ? x + i : NULL; }

static void activate_part(void *context, size_t chunk) {
  const region *r = context;
  size_t i = chunk * r->part;
  r->table->activate(r->activation, r->y + i, r->x + i, from(r->up, i),
                     minimum(r->part, r->rows - i));
}

void kernel_activate(kernel_activation f, float *y, const float *gate, const float *up, size_t n) {
  region r = {
      .activation = f, .y = y, .x = gate, .up = up, .rows = n, .part = ELEMENT_PART};
  run(&r, activate_part);
}

static void activate_backward_part(void *context, size_t chunk) {
  const region *r = context;
  size_t i = chunk * r->part;
  r->table->activate_backward(r->activation, r->y + i, (float *)from(r->dup, i), r->dy + i,
                              r->x + i, from(r->up, i), minimum(r->part, r->rows - i));
}

void kernel_activate_backward(kernel_activation f, float *dgate, float *dup, const float *dy,
                              const float *gate, const float *up, size_t n) {
  region r = {.activation = f,
              .y = dgate,
              .dup = dup,
              .dy = dy,
              .x = gate,
              .up = up,
              .rows = n,
              .part = ELEMENT_PART};
  run(&r, activate_backward_part);
}

void kernel_soft_cap(float *y, const float *x, float cap, size_t n) {
  kernel_active_table()->soft_cap(y, x, 1, cap, n);
}
