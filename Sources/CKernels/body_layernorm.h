// LayerNorm, forward and backward.
#pragma once

#include "body_elements.h"

// Mean and 1/√(variance + ε) of one row; the variance from differences to the mean, which do not
// cancel.
INLINE float layernorm_row(const float *x, size_t width, float epsilon, float *mean) {
  vec sum = vec_all(0);
  FOR_VECTORS(i, count, width) sum += load_some(x + i, count);
  *mean = vec_sum(sum) / (float)width;
  vec squares = vec_all(0);
  FOR_VECTORS(i, count, width) {
    vec d = vec_first(load_some(x + i, count) - *mean, count, 0);
    squares = vec_fma(d, d, squares);
  }
  return 1 / sqrtf(vec_sum(squares) / (float)width + epsilon);
}

static void run_layernorm(float *y, const float *x, const float *gain, const float *bias,
                          size_t rows, size_t width, float epsilon) {
  for (size_t t = 0; t < rows; t++, x += width, y += width) {
    float mean, r = layernorm_row(x, width, epsilon, &mean);
    FOR_VECTORS(i, count, width) {
      vec normed = (load_some(x + i, count) - mean) * r;
      store_some(y + i, vec_fma(normed, load_some(gain + i, count), load_some(bias + i, count)),
                 count);
    }
  }
}

static void run_layernorm_backward(float *dx, const float *dy, const float *x, const float *gain,
                                   size_t rows, size_t width, float epsilon) {
  for (size_t t = 0; t < rows; t++, x += width, dx += width, dy += width) {
    float mean, r = layernorm_row(x, width, epsilon, &mean);
    vec sum = vec_all(0), along = vec_all(0);
    FOR_VECTORS(i, count, width) {
      vec g = load_some(gain + i, count) * load_some(dy + i, count);
      sum += g;
      along = vec_fma(g, (load_some(x + i, count) - mean) * r, along);
    }
    float mean_g = vec_sum(sum) / (float)width, mean_along = vec_sum(along) / (float)width;
    FOR_VECTORS(i, count, width) {
      vec g = load_some(gain + i, count) * load_some(dy + i, count);
      vec normed = (load_some(x + i, count) - mean) * r;
      vec inner = vec_fma(normed, vec_all(-mean_along), g - mean_g);
      store_some(dx + i, vec_fma(vec_all(r), inner, load_some(dx + i, count)), count);
    }
  }
}
