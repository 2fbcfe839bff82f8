// Products of quantised weights with activations rounded to int8: what the instruction sets fill in,
// and the descriptions they work from.
#pragma once

#include "kernels.h"

enum { INT8_BLOCK = 32 };

// 32 activations of one row, x[i] ≈ scale · quants[i], with the sums over them that stand for what is
// the same in every weight of a block. Where weights change their scale after 16, sums and starts
// are those of each half; elsewhere the first is that of all 32.
typedef struct {
  int8_t quants[INT8_BLOCK];
  float scale;        // max |x| / 127; NaN where an x is not finite
  float sums[2];      // scale · Σ quants
  int32_t starts[2];  // −bias · Σ quants, see dot_bias
  int32_t unused[3];  // one line of the cache each
} int8_block;

typedef struct {
  float *y;
  const int8_block *x;  // [depth / 32][rows]
  const char *w;
  size_t y_stride;  // in elements
  size_t w_stride;  // in bytes
  kernel_type type;
  size_t rows, depth;
  bool accumulate;
} int8_product;

typedef struct {
  // blocks[b · rows, 0] is block b of the activations x, `depth` of them, as weights of `type` need it.
  void (*quantise)(int8_block *blocks, size_t rows, const float *x, size_t depth, kernel_type type);
  void (*product)(const int8_product *p, size_t first_column, size_t columns);
} int8_functions;

extern const int8_functions kernel_int8_portable;
#if defined(__x86_64__)
extern const int8_functions kernel_int8_avx2, kernel_int8_vnni;
#elif defined(__aarch64__)
extern const int8_functions kernel_int8_neon;
#endif
