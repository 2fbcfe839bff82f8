// The twins of the attention kernels: one plain loop for every formula.
#include <math.h>
#include <string.h>

#include "kernels_reference.h"

static bool sees(const kernel_attention_shape *a, size_t t, size_t s) {
  size_t position = a->first_position + t;
  return s <= position && (a->window == 0 || s + a->window > position);
}

static size_t query(const kernel_attention_shape *a, size_t t, size_t h) {
  return (t * a->heads + h) * a->head_width;
}

static size_t key(const kernel_attention_shape *a, size_t s, size_t h) {
  return (s * a->kv_heads + h / (a->heads / a->kv_heads)) * a->head_width;
}

static size_t cell(const kernel_attention_shape *a, size_t h, size_t t, size_t s) {
  return (h * a->rows + t) * a->keys + s;
}

static void add_scaled(double *y, double *bound, double factor, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] += factor * x[i];
    if (bound) bound[i] += fabs(factor * x[i]);
  }
}

static void start_bound(double *bound, const double *y, size_t n) {
  for (size_t i = 0; bound && i < n; i++) bound[i] = fabs(y[i]);
}

static double capped(const kernel_attention_shape *a, double score) {
  return a->cap > 0 ? a->cap * tanh(score / a->cap) : score;
}

// The derivative of the above.
static double cap_slope(const kernel_attention_shape *a, double score) {
  return a->cap > 0 ? 1 - pow(tanh(score / a->cap), 2) : 1;
}

// Turns the scores of one row into its pattern.
static void normalize(const kernel_attention_shape *a, double *row, size_t t) {
  double most = -INFINITY, sum = 0;
  for (size_t s = 0; s < a->keys; s++) {
    if (sees(a, t, s)) most = fmax(most, row[s]);
  }
  for (size_t s = 0; s < a->keys; s++) {
    row[s] = sees(a, t, s) ? exp(row[s] - most) : 0;
    sum += row[s];
  }
  for (size_t s = 0; s < a->keys; s++) row[s] /= sum;
}

void kernel_attention_pattern_ref(double *pattern, double *bound, const float *q, const float *k,
                                  kernel_attention_shape shape) {
  for (size_t h = 0; h < shape.heads; h++) {
    for (size_t t = 0; t < shape.rows; t++) {
      for (size_t s = 0; s < shape.keys; s++) {
        double sum_bound;
        size_t i = cell(&shape, h, t, s);
        const float *from = q + query(&shape, t, h), *to = k + key(&shape, s, h);
        pattern[i] =
            capped(&shape, shape.scale * kernel_dot_ref(&sum_bound, from, to, shape.head_width));
        if (bound) bound[i] = fabs(shape.scale) * sum_bound;
      }
      normalize(&shape, pattern + cell(&shape, h, t, 0), t);
    }
  }
}

void kernel_attention_mix_ref(double *z, double *bound, const float *pattern, const float *v,
                              kernel_attention_shape shape) {
  size_t n = shape.rows * shape.heads * shape.head_width;
  memset(z, 0, n * sizeof(double));
  start_bound(bound, z, n);
  for (size_t h = 0; h < shape.heads; h++) {
    for (size_t t = 0; t < shape.rows; t++) {
      for (size_t s = 0; s < shape.keys; s++) {
        size_t i = query(&shape, t, h);
        if (!sees(&shape, t, s)) continue;
        add_scaled(z + i, bound ? bound + i : NULL, pattern[cell(&shape, h, t, s)],
                   v + key(&shape, s, h), shape.head_width);
      }
    }
  }
}

void kernel_attention_mix_backward_ref(double *dpattern, double *dpattern_bound, double *dv,
                                       double *dv_bound, const float *dz, const float *pattern,
                                       const float *v, kernel_attention_shape shape) {
  start_bound(dv_bound, dv, shape.keys * shape.kv_heads * shape.head_width);
  for (size_t h = 0; h < shape.heads; h++) {
    for (size_t t = 0; t < shape.rows; t++) {
      for (size_t s = 0; s < shape.keys; s++) {
        size_t i = cell(&shape, h, t, s), row = key(&shape, s, h);
        const float *gradient = dz + query(&shape, t, h);
        dpattern[i] = 0;
        if (dpattern_bound) dpattern_bound[i] = 0;
        if (!sees(&shape, t, s)) continue;
        dpattern[i] = kernel_dot_ref(dpattern_bound ? dpattern_bound + i : NULL, gradient, v + row,
                                     shape.head_width);
        add_scaled(dv + row, dv_bound ? dv_bound + row : NULL, pattern[i], gradient,
                   shape.head_width);
      }
    }
  }
}

void kernel_attention_pattern_backward_ref(double *dq, double *dq_bound, double *dk,
                                           double *dk_bound, const float *dpattern,
                                           const float *pattern, const float *q, const float *k,
                                           kernel_attention_shape shape) {
  start_bound(dq_bound, dq, shape.rows * shape.heads * shape.head_width);
  start_bound(dk_bound, dk, shape.keys * shape.kv_heads * shape.head_width);
  for (size_t h = 0; h < shape.heads; h++) {
    for (size_t t = 0; t < shape.rows; t++) {
      size_t row = cell(&shape, h, t, 0), from = query(&shape, t, h);
      double sum_bound, sum = kernel_dot_ref(&sum_bound, pattern + row, dpattern + row, shape.keys);
      for (size_t s = 0; s < shape.keys; s++) {
        size_t to = key(&shape, s, h);
        double score = shape.scale * kernel_dot_ref(NULL, q + from, k + to, shape.head_width);
        double p = shape.scale * pattern[row + s] * cap_slope(&shape, score);
        double size = fabs(dpattern[row + s]) + sum_bound;
        add_scaled(dq + from, NULL, p * (dpattern[row + s] - sum), k + to, shape.head_width);
        add_scaled(dk + to, NULL, p * (dpattern[row + s] - sum), q + from, shape.head_width);
        for (size_t i = 0; dq_bound && i < shape.head_width; i++) {
          dq_bound[from + i] += fabs(p * size * k[to + i]);
        }
        for (size_t i = 0; dk_bound && i < shape.head_width; i++) {
          dk_bound[to + i] += fabs(p * size * q[from + i]);
        }
      }
    }
  }
}
