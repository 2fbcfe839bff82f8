// Kernels that work element by element, and sums over one row.
#pragma once

#include "body_exp.h"
#include "body_product.h"

// Runs `step(i, count)` for whole vectors and once for the rest.
#define FOR_VECTORS(i, count, n) \
  for (size_t i = 0, count; i < (n) && (count = least(LANES, (n) - i), 1); i += LANES)

INLINE vec load_some(const float *p, size_t count) {
  return count == LANES ? vec_load(p) : vec_load_part(p, count);
}

INLINE void store_some(float *p, vec v, size_t count) {
  if (count == LANES) {
    vec_store(p, v);
  } else {
    vec_store_part(p, v, count);
  }
}

// Σ a[i]·b[i] in 64 running sums, so that four FMAs are under way at once.
static float run_dot(const float *a, const float *b, size_t n) {
  vec sums[4] = {vec_all(0), vec_all(0), vec_all(0), vec_all(0)};
  size_t i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < 4; j++) {
      sums[j] = vec_fma(vec_load(a + i + j * LANES), vec_load(b + i + j * LANES), sums[j]);
    }
  }
  for (; i < n; i += LANES) {
    size_t count = least(LANES, n - i);
    sums[0] = vec_fma(load_some(a + i, count), load_some(b + i, count), sums[0]);
  }
  return vec_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

static void run_add(float *y, const float *x, size_t n) {
  FOR_VECTORS(i, count, n) {
    store_some(y + i, load_some(y + i, count) + load_some(x + i, count), count);
  }
}

static void run_scale_add(float *y, float a, const float *x, size_t n) {
  FOR_VECTORS(i, count, n) {
    store_some(y + i, vec_fma(vec_all(a), load_some(x + i, count), load_some(y + i, count)), count);
  }
}

INLINE void to_f32_typed(float *y, const char *x, size_t n, kernel_type type) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) vec_store(y + i, weight_vector(x + 2 * i, type));
  for (; i < n; i++) y[i] = weight_value(x + 2 * i, type);
}

static void run_to_f32(float *y, const void *x, kernel_type type, size_t n) {
  if (type == KERNEL_F32) {
    if (n > 0) memcpy(y, x, n * sizeof(float));
  } else if (type == KERNEL_F16) {
    to_f32_typed(y, x, n, KERNEL_F16);
  } else if (type == KERNEL_BF16) {
    to_f32_typed(y, x, n, KERNEL_BF16);
  } else {
    unpack_row(y, x, type, n);
  }
}

static void run_exp(float *y, const float *x, size_t n) {
  FOR_VECTORS(i, count, n) store_some(y + i, vec_exp(load_some(x + i, count)), count);
}
