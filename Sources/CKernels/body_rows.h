// Kernels that reduce over a row: norms, softmax and its relatives; and rotary positions.
#pragma once

#include "body_elements.h"

static void run_rmsnorm(float *y, float *inverse_rms, const float *x, const float *gain,
                        size_t rows, size_t width, float epsilon) {
  for (size_t t = 0; t < rows; t++, x += width, y += width) {
    float r = 1 / sqrtf(run_dot(x, x, width) / (float)width + epsilon);
    if (inverse_rms) inverse_rms[t] = r;
    FOR_VECTORS(i, count, width) {
      store_some(y + i, load_some(x + i, count) * r * load_some(gain + i, count), count);
    }
  }
}

static void run_rmsnorm_backward(float *dx, const float *dy, const float *x, const float *gain,
                                 const float *inverse_rms, size_t rows, size_t width) {
  for (size_t t = 0; t < rows; t++, x += width, dx += width, dy += width) {
    vec sum = vec_all(0);
    FOR_VECTORS(i, count, width) {
      vec product = load_some(gain + i, count) * load_some(dy + i, count);
      sum = vec_fma(product, load_some(x + i, count), sum);
    }
    float r = inverse_rms[t];
    vec along_x = vec_all(-(r * r * vec_sum(sum) / (float)width));
    FOR_VECTORS(i, count, width) {
      vec product = load_some(gain + i, count) * load_some(dy + i, count);
      vec inner = vec_fma(along_x, load_some(x + i, count), product);
      store_some(dx + i, vec_fma(vec_all(r), inner, load_some(dx + i, count)), count);
    }
  }
}

// The last vector of a row: lanes past the end hold −infinity, which no maximum keeps and whose
// exponential is 0.
INLINE vec load_rest(const float *x, size_t count, float scale) {
  return vec_first(vec_load_part(x, count) * scale, count, -INFINITY);
}

INLINE float row_max(const float *x, size_t whole, vec rest, float scale) {
  vec largest = rest;
  for (size_t i = 0; i < whole; i += LANES) largest = vec_max(largest, vec_load(x + i) * scale);
  return vec_largest(largest);
}

// The rest stays in a register: a masked store followed by a masked load is slow.
static void run_softmax(float *x, size_t n, float scale) {
  size_t whole = n / LANES * LANES;
  vec rest = load_rest(x + whole, n - whole, scale);
  float largest = row_max(x, whole, rest, scale);
  rest = vec_exp(rest - largest);
  vec sum = rest;
  for (size_t i = 0; i < whole; i += LANES) {
    vec e = vec_exp(vec_load(x + i) * scale - largest);
    vec_store(x + i, e);
    sum += e;
  }
  float inverse = 1 / vec_sum(sum);
  for (size_t i = 0; i < whole; i += LANES) vec_store(x + i, vec_load(x + i) * inverse);
  vec_store_part(x + whole, rest * inverse, n - whole);
}

// An infinite maximum is not subtracted: ∞ − ∞ would hide that the sum is 0 or infinite.
static float run_log_sum_exp(const float *x, size_t n) {
  size_t whole = n / LANES * LANES;
  vec rest = load_rest(x + whole, n - whole, 1);
  float largest = row_max(x, whole, rest, 1);
  if (!isfinite(largest)) largest = 0;
  vec sum = vec_exp(rest - largest);
  for (size_t i = 0; i < whole; i += LANES) sum += vec_exp(vec_load(x + i) - largest);
  return (float)(largest + log((double)vec_sum(sum)));
}

static void run_softmax_backward(float *dscores, const float *dpattern, const float *pattern,
                                 float row_dot, float scale, size_t n) {
  FOR_VECTORS(i, count, n) {
    vec p = load_some(pattern + i, count) * scale;
    store_some(dscores + i, p * (load_some(dpattern + i, count) - row_dot), count);
  }
}

INLINE void rotate(vec *a, vec *b, vec c, vec s) {
  vec first = *a, second = *b;
  *a = vec_fma(first, c, -(second * s));
  *b = vec_fma(second, c, first * s);
}

INLINE void rope_halves(float *x, const float *cosine, const float *sine, float sign, size_t half) {
  FOR_VECTORS(i, count, half) {
    vec a = load_some(x + i, count), b = load_some(x + half + i, count);
    rotate(&a, &b, load_some(cosine + i, count), load_some(sine + i, count) * sign);
    store_some(x + i, a, count);
    store_some(x + half + i, b, count);
  }
}

INLINE void rope_interleaved(float *x, const float *cosine, const float *sine, float sign,
                             size_t half) {
  FOR_VECTORS(i, count, half) {
    float *p = x + 2 * i;
    size_t low = least(LANES, 2 * count), high = 2 * count - low;
    vec first = load_some(p, low), second = high ? load_some(p + LANES, high) : vec_all(0);
    vec a = __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24,
                                    26, 28, 30);
    vec b = __builtin_shufflevector(first, second, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25,
                                    27, 29, 31);
    rotate(&a, &b, load_some(cosine + i, count), load_some(sine + i, count) * sign);
    first = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    second = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                     31);
    store_some(p, first, low);
    if (high) store_some(p + LANES, second, high);
  }
}

static void run_rope(const rope *r, size_t first_row, size_t rows) {
  size_t half = r->rotary / 2;
  float sign = r->inverse ? -1 : 1;
  for (size_t t = first_row; t < first_row + rows; t++) {
    const float *cosine = r->cosine + t * half, *sine = r->sine + t * half;
    for (size_t h = 0; h < r->heads; h++) {
      float *x = r->x + t * r->x_stride + h * r->head_width;
      if (r->pairing == KERNEL_ROPE_HALVES) {
        rope_halves(x, cosine, sine, sign, half);
      } else {
        rope_interleaved(x, cosine, sine, sign, half);
      }
    }
  }
}
