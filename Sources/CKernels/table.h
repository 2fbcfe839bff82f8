// The table of kernels that each instruction set fills in, and the descriptions they work from.
#pragma once

#include "kernels.h"

// y(m, n) = Σ_k x(m, k) · w(k, n), or added to y; one chain of FMAs over k ascending.
typedef struct {
  float *y;
  const float *x;
  const char *w;
  size_t y_stride, x_stride;  // in elements
  size_t w_stride;            // in bytes
  kernel_type type;           // of w
  size_t rows;                // m < rows
  size_t depth;               // k < depth for row 0
  bool ragged;                // k < depth + m for row m: what a causal pattern needs
  bool x_by_depth;            // x(m, k) is x[k, m] in memory, not x[m, k]
  bool w_by_depth;            // w(k, n) is w[k, n] in memory, not w[n, k]
  bool accumulate;
  const char *ahead;  // of a few rows: weights that the thread reads next; NULL: those after these
} product;

typedef struct {
  float *x;
  const float *cosine, *sine;
  size_t x_stride, heads, head_width, rotary;
  kernel_rope_pairing pairing;
  bool inverse;
} rope;

typedef struct {
  kernel_isa isa;

  void (*product)(const product *p, size_t first_column, size_t columns);
  float (*dot)(const float *a, const float *b, size_t n);
  void (*add)(float *y, const float *x, size_t n);
  void (*scale_add)(float *y, float a, const float *x, size_t n);
  void (*to_f32)(float *y, const void *x, kernel_type type, size_t n);

  void (*rmsnorm)(float *y, float *inverse_rms, const float *x, const float *gain, size_t rows,
                  size_t width, float epsilon);
  void (*rmsnorm_backward)(float *dx, const float *dy, const float *x, const float *gain,
                           const float *inverse_rms, size_t rows, size_t width);
  void (*rope)(const rope *r, size_t first_row, size_t rows);

  // In place: softmax of scale · x.
  void (*softmax)(float *x, size_t n, float scale);
  // dscores = scale · pattern · (dpattern − row_dot).
  void (*softmax_backward)(float *dscores, const float *dpattern, const float *pattern,
                           float row_dot, float scale, size_t n);
  float (*log_sum_exp)(const float *x, size_t n);
  void (*exp)(float *y, const float *x, size_t n);
  void (*layernorm)(float *y, const float *x, const float *gain, const float *bias, size_t rows,
                    size_t width, float epsilon);
  void (*layernorm_backward)(float *dx, const float *dy, const float *x, const float *gain,
                             size_t rows, size_t width, float epsilon);
  void (*activate)(kernel_activation f, float *y, const float *gate, const float *up, size_t n);
  void (*activate_backward)(kernel_activation f, float *dgate, float *dup, const float *dy,
                            const float *gate, const float *up, size_t n);
  // y = cap · tanh(scale · x / cap).
  void (*soft_cap)(float *y, const float *x, float scale, float cap, size_t n);
  // In place: x = pattern · (1 − tanh²(scale · x / cap)).
  void (*cap_slope)(float *x, const float *pattern, float scale, float cap, size_t n);

  // Runs chains of FMAs; returns how many operations that were. *sink keeps the result alive.
  double (*run_flops)(size_t steps, float *sink);
  // Reads n bytes; the result only keeps the loads alive.
  uint32_t (*read)(const void *data, size_t n);
} kernel_table;

extern const kernel_table kernel_table_portable;
#if defined(__x86_64__)
extern const kernel_table kernel_table_avx2, kernel_table_avx512;
#elif defined(__aarch64__)
extern const kernel_table kernel_table_neon;
#endif

const kernel_table *kernel_active_table(void);

// A product of that many columns, split over the pool's threads.
void kernel_run_product(const product *p, size_t columns);

// Fewer FMAs than this, about 4 µs of work, are not worth waking a thread for.
enum { KERNEL_SMALL_WORK = 1 << 19 };

// Per-thread memory, 64-byte aligned, grown when needed and kept until the thread ends. A slot's
// content does not outlive the kernel that asked for it. Aborts where memory has run out.
typedef enum {
  SCRATCH_PANEL,   // packed weights
  SCRATCH_ROWS,    // packed activations
  SCRATCH_BLOCK,   // a block of attention gradients
  SCRATCH_SHARED,  // what the chunks of one operation share; the caller's
  SCRATCH_COUNT
} scratch_slot;

void *kernel_scratch(scratch_slot slot, size_t bytes);
