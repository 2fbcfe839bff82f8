// The twins of the kernels that do not concern attention: one plain loop for every formula.
#include "kernels_reference.h"

#include <math.h>
#include <string.h>

#include "reference_parts.h"

static void add_term(double *sum, double *bound, size_t i, double term) {
  sum[i] += term;
  if (bound) bound[i] += fabs(term);
}

static void begin(double *sum, double *bound, size_t i, bool accumulate) {
  if (!accumulate) sum[i] = 0;
  if (bound) bound[i] = fabs(sum[i]);
}

double kernel_half_ref(uint16_t bits) {
  int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double magnitude = exponent == 0    ? ldexp(mantissa, -24)
                     : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                      : ldexp(1024 + mantissa, exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

double kernel_weight_ref(const void *x, kernel_type type, size_t i) {
  if (kernel_type_block(type) > 1) return kernel_block_weight_ref(x, type, i);
  if (type == KERNEL_F32) {
    float value;
    memcpy(&value, (const char *)x + 4 * i, 4);
    return value;
  }
  uint16_t bits;
  memcpy(&bits, (const char *)x + 2 * i, 2);
  if (type == KERNEL_F16) return kernel_half_ref(bits);
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

void kernel_to_f32_ref(float *y, const void *x, kernel_type type, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = (float)kernel_weight_ref(x, type, i);
}

size_t kernel_first_nonfinite_ref(const void *x, kernel_type type, size_t n) {
  size_t i = 0;
  while (i < n && isfinite(kernel_weight_ref(x, type, i))) i++;
  return i;
}

void kernel_matmul_ref(double *y, double *bound, size_t y_stride, const float *x, size_t x_stride,
                       size_t rows, kernel_matrix w, bool accumulate) {
  for (size_t m = 0; m < rows; m++) {
    for (size_t n = 0; n < w.rows; n++) {
      size_t i = m * y_stride + n;
      begin(y, bound, i, accumulate);
      for (size_t k = 0; k < w.columns; k++) {
        double weight = kernel_weight_ref(w.data, w.type, n * w.columns + k);
        add_term(y, bound, i, x[m * x_stride + k] * weight);
      }
    }
  }
}

void kernel_matmul_backward_ref(double *dx, double *bound, size_t dx_stride, const float *dy,
                                size_t dy_stride, size_t rows, kernel_matrix w, bool accumulate) {
  for (size_t m = 0; m < rows; m++) {
    for (size_t k = 0; k < w.columns; k++) {
      size_t i = m * dx_stride + k;
      begin(dx, bound, i, accumulate);
      for (size_t n = 0; n < w.rows; n++) {
        double weight = kernel_weight_ref(w.data, w.type, n * w.columns + k);
        add_term(dx, bound, i, dy[m * dy_stride + n] * weight);
      }
    }
  }
}

void kernel_matmul_weight_backward_ref(double *dw, double *bound, const float *dy,
                                       size_t dy_stride, const float *x, size_t x_stride,
                                       size_t rows, size_t outputs, size_t inputs,
                                       bool accumulate) {
  for (size_t n = 0; n < outputs; n++) {
    for (size_t k = 0; k < inputs; k++) {
      size_t i = n * inputs + k;
      begin(dw, bound, i, accumulate);
      for (size_t m = 0; m < rows; m++) {
        add_term(dw, bound, i, (double)dy[m * dy_stride + n] * x[m * x_stride + k]);
      }
    }
  }
}

double kernel_dot_ref(double *bound, const float *a, const float *b, size_t n) {
  double sum = 0;
  begin(&sum, bound, 0, false);
  for (size_t i = 0; i < n; i++) add_term(&sum, bound, 0, (double)a[i] * b[i]);
  return sum;
}

void kernel_scale_add_ref(double *y, double *bound, double a, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    begin(y, bound, i, true);
    add_term(y, bound, i, a * x[i]);
  }
}

void kernel_rmsnorm_ref(double *y, double *inverse_rms, const float *x, const float *gain,
                        size_t rows, size_t width, float epsilon) {
  for (size_t t = 0; t < rows; t++) {
    double squares = kernel_dot_ref(NULL, x + t * width, x + t * width, width);
    double r = 1 / sqrt(squares / (double)width + epsilon);
    if (inverse_rms) inverse_rms[t] = r;
    for (size_t d = 0; d < width; d++) y[t * width + d] = gain[d] * x[t * width + d] * r;
  }
}

void kernel_rmsnorm_backward_ref(double *dx, double *bound, const float *dy, const float *x,
                                 const float *gain, const float *inverse_rms, size_t rows,
                                 size_t width) {
  for (size_t t = 0; t < rows; t++) {
    double r = inverse_rms[t], sum = 0, sum_bound = 0;
    for (size_t i = t * width; i < (t + 1) * width; i++) {
      add_term(&sum, &sum_bound, 0, (double)gain[i - t * width] * dy[i] * x[i]);
    }
    for (size_t i = t * width; i < (t + 1) * width; i++) {
      double along_x = r * r * r * x[i] / (double)width;
      begin(dx, bound, i, true);
      add_term(dx, bound, i, r * gain[i - t * width] * dy[i]);
      dx[i] -= along_x * sum;
      if (bound) bound[i] += fabs(along_x * sum_bound);
    }
  }
}

static void rotate(double *x, double *bound, size_t a, size_t b, double c, double s) {
  double first = x[a], second = x[b];
  x[a] = first * c - second * s;
  x[b] = second * c + first * s;
  if (!bound) return;
  bound[a] = fabs(first * c) + fabs(second * s);
  bound[b] = fabs(second * c) + fabs(first * s);
}

void kernel_rope_ref(double *x, double *bound, size_t x_stride, const float *cosine,
                     const float *sine, size_t rows, size_t heads, size_t head_width,
                     size_t rotary, kernel_rope_pairing pairing, bool inverse) {
  size_t half = rotary / 2;
  bool halves = pairing == KERNEL_ROPE_HALVES;
  for (size_t t = 0; t < rows; t++) {
    for (size_t h = 0; h < heads; h++) {
      for (size_t i = 0; i < half; i++) {
        size_t first = t * x_stride + h * head_width;
        double s = inverse ? -sine[t * half + i] : sine[t * half + i];
        rotate(x, bound, first + (halves ? i : 2 * i), first + (halves ? i + half : 2 * i + 1),
               cosine[t * half + i], s);
      }
    }
  }
}

void kernel_layernorm_ref(double *y, const float *x, const float *gain, const float *bias,
                          size_t rows, size_t width, float epsilon) {
  for (size_t t = 0; t < rows; t++, x += width, y += width) {
    double mean = 0, squares = 0;
    for (size_t d = 0; d < width; d++) mean += x[d] / (double)width;
    for (size_t d = 0; d < width; d++) squares += (x[d] - mean) * (x[d] - mean);
    double r = 1 / sqrt(squares / (double)width + epsilon);
    for (size_t d = 0; d < width; d++) y[d] = gain[d] * (x[d] - mean) * r + bias[d];
  }
}

void kernel_layernorm_backward_ref(double *dx, const float *dy, const float *x, const float *gain,
                                   size_t rows, size_t width, float epsilon) {
  for (size_t t = 0; t < rows; t++, x += width, dx += width, dy += width) {
    double mean = 0, squares = 0, sum = 0, along = 0, n = (double)width;
    for (size_t d = 0; d < width; d++) mean += x[d] / n;
    for (size_t d = 0; d < width; d++) squares += (x[d] - mean) * (x[d] - mean);
    double r = 1 / sqrt(squares / n + epsilon);
    for (size_t d = 0; d < width; d++) {
      sum += (double)gain[d] * dy[d];
      along += (double)gain[d] * dy[d] * (x[d] - mean) * r;
    }
    for (size_t d = 0; d < width; d++) {
      dx[d] += r * ((double)gain[d] * dy[d] - sum / n - (x[d] - mean) * r * along / n);
    }
  }
}

// f(x), and f′(x) in *slope.
static double activation_ref(kernel_activation f, double x, double *slope) {
  double pi = acos(-1), sigmoid = 1 / (1 + exp(-x)), normal = erfc(-x / sqrt(2)) / 2;
  switch (f) {
    case KERNEL_SILU: *slope = sigmoid * (1 + x / (1 + exp(x))); return x * sigmoid;
    case KERNEL_GELU: *slope = normal + x * exp(-x * x / 2) / sqrt(2 * pi); return x * normal;
    case KERNEL_GELU_TANH: {  // ½·(1 + tanh u) = 1 / (1 + e^−2u), without cancellation
      double root = sqrt(2 / pi), u = root * (x + 0.044715 * x * x * x), s = 1 / (1 + exp(-2 * u));
      *slope = s + 2 * x * s / (1 + exp(2 * u)) * root * (1 + 3 * 0.044715 * x * x);
      return x * s;
    }
    case KERNEL_RELU: break;
  }
  *slope = x > 0;
  return x > 0 ? x : 0;
}

void kernel_activate_ref(kernel_activation f, double *y, const float *gate, const float *up,
                         size_t n) {
  for (size_t i = 0; i < n; i++) {
    double slope;
    y[i] = activation_ref(f, gate[i], &slope) * (up ? up[i] : 1);
  }
}

void kernel_activate_backward_ref(kernel_activation f, double *dgate, double *dup, const float *dy,
                                  const float *gate, const float *up, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double slope, value = activation_ref(f, gate[i], &slope);
    dgate[i] = dy[i] * (up ? up[i] : 1) * slope;
    if (up) dup[i] = dy[i] * value;
  }
}

void kernel_soft_cap_ref(double *y, const float *x, double cap, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = cap * tanh(x[i] / cap);
}

static double largest(const float *x, size_t n) {
  double result = -INFINITY;
  for (size_t i = 0; i < n; i++) result = fmax(result, x[i]);
  return result;
}

void kernel_softmax_ref(double *y, const float *x, size_t n) {
  double sum = 0, shift = largest(x, n);
  for (size_t i = 0; i < n; i++) sum += exp(x[i] - shift);
  for (size_t i = 0; i < n; i++) y[i] = exp(x[i] - shift) / sum;
}

double kernel_log_sum_exp_ref(const float *x, size_t n) {
  double sum = 0, shift = largest(x, n);
  if (isinf(shift)) shift = 0;
  for (size_t i = 0; i < n; i++) sum += exp(x[i] - shift);
  return shift + log(sum);
}
