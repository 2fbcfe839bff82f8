// Activations of the MLP, the soft cap of logits and scores, and their slopes.
#pragma once

#include "body_elements.h"

// 1 / (1 + e^−x) and its complement, each without cancellation. The bound keeps e^−x finite.
INLINE vec vec_sigmoid(vec x, vec *complement) {
  vec e = vec_exp(vec_min(vec_all(87), -x));
  vec sigmoid = vec_all(1) / (vec_all(1) + e);
  *complement = e * sigmoid;
  return sigmoid;
}

INLINE vec vec_abs(vec x) { return (vec)((vec_u32)x & 0x7fffffff); }

// `yes` where the lane of `below` is true, else `no`.
INLINE vec vec_choose(vec_i32 below, vec yes, vec no) {
  return (vec)(((vec_i32)yes & below) | ((vec_i32)no & ~below));
}

// tanh x to about 2 units; a polynomial near 0, where 1 − 2 / (e^2x + 1) would cancel.
// Source: coefficients of tanhf in Cephes (Moshier 1992).
INLINE vec vec_tanh(vec x) {
  vec size = vec_abs(x), square = x * x;
  vec p = vec_all(-5.70498872745e-3f);
  p = vec_fma(p, square, vec_all(2.06390887954e-2f));
  p = vec_fma(p, square, vec_all(-5.37397155531e-2f));
  p = vec_fma(p, square, vec_all(1.33314422036e-1f));
  p = vec_fma(p, square, vec_all(-3.33332819422e-1f));
  vec near = vec_fma(p * square, x, x);
  vec far = vec_all(1) - vec_all(2) / (vec_exp(size + size) + vec_all(1));
  far = (vec)((vec_u32)far | ((vec_u32)x & 0x80000000));
  return vec_choose(size < vec_all(0.625f), near, far);
}

INLINE vec polynomial(vec x, const float *coefficients, size_t n) {
  vec p = vec_all(coefficients[0]);
#pragma clang loop unroll(full)
  for (size_t i = 1; i < n; i++) p = vec_fma(p, x, vec_all(coefficients[i]));
  return p;
}

// Φ(x) = ½·erfc(−x / √2), the normal distribution, and φ(x), its density. The tail has a relative
// error of about x² / 2 units, from rounding x².
// Source: coefficients of erff and erfcf in Cephes (Moshier 1992).
INLINE vec vec_normal(vec x, vec *density) {
  static const float erf_near[] = {7.853861353153693e-5f,  -8.010193625184903e-4f,
                                   5.188327685732524e-3f,  -2.685381193529856e-2f,
                                   1.128358514861418e-1f,  -3.761262582423300e-1f,
                                   1.128379165726710e+0f};
  static const float erfc_middle[] = {
      2.326819970068386e-2f,  -1.387039388740657e-1f, 3.687424674597105e-1f,
      -5.824733027278666e-1f, 6.210004621745983e-1f,  -4.944515323274145e-1f,
      3.404879937665872e-1f,  -2.741127028184656e-1f, 5.638259427386472e-1f};
  static const float erfc_far[] = {-1.047766399936249e+1f, 1.297719955372516e+1f,
                                   -7.495518717768503e+0f, 2.921019019210786e+0f,
                                   -1.015265279202700e+0f, 4.218463358204948e-1f,
                                   -2.820767439740514e-1f, 5.641895067754075e-1f};
  vec t = vec_abs(x) * 0.70710678118654752f;
  vec power = vec_exp(x * x * -0.5f);
  *density = power * 0.39894228040143268f;
  vec near = vec_all(1) - t * polynomial(t * t, erf_near, 7);
  vec q = vec_all(1) / t, square = q * q;
  vec middle = power * q * polynomial(square, erfc_middle, 9);
  vec far = power * q * polynomial(square, erfc_far, 8);
  vec tail = vec_choose(t < vec_all(2), middle, far);
  vec below = vec_choose(t < vec_all(1), near, tail) * 0.5f;
  return vec_choose(x < vec_all(0), below, vec_all(1) - below);
}

// f(x), and f′(x) in *slope.
INLINE vec activation_of(vec x, vec *slope, kernel_activation f) {
  if (f == KERNEL_SILU) {  // x·σ(x); σ + x·σ·(1 − σ)
    vec complement, sigmoid = vec_sigmoid(x, &complement);
    *slope = vec_fma(x * complement, sigmoid, sigmoid);
    return x * sigmoid;
  }
  if (f == KERNEL_GELU) {  // x·Φ(x); Φ + x·φ
    vec density, normal = vec_normal(x, &density);
    *slope = vec_fma(x, density, normal);
    return x * normal;
  }
  if (f == KERNEL_GELU_TANH) {  // x·σ(2u), u = √(2/π)·(x + 0.044715·x³); σ + x·σ·(1 − σ)·2u′
    const float twice = 1.59576912f;  // 2·√(2/π)
    vec square = x * x, complement;
    vec u = x * vec_fma(square, vec_all(0.044715f * twice), vec_all(twice));
    vec sigmoid = vec_sigmoid(u, &complement);
    vec du = vec_fma(square, vec_all(3 * 0.044715f * twice), vec_all(twice));
    *slope = vec_fma(x * complement * du, sigmoid, sigmoid);
    return x * sigmoid;
  }
  // max(x, 0), with slope 0 at 0
  *slope = vec_choose(x > vec_all(0), vec_all(1), vec_all(0));
  return vec_choose(x < vec_all(0), vec_all(0), x);
}

INLINE void activate_typed(float *y, const float *gate, const float *up, size_t n,
                           kernel_activation f) {
  FOR_VECTORS(i, count, n) {
    vec slope, value = activation_of(load_some(gate + i, count), &slope, f);
    store_some(y + i, up ? value * load_some(up + i, count) : value, count);
  }
}

INLINE void activate_backward_typed(float *dgate, float *dup, const float *dy, const float *gate,
                                    const float *up, size_t n, kernel_activation f) {
  FOR_VECTORS(i, count, n) {
    vec slope, value = activation_of(load_some(gate + i, count), &slope, f);
    vec d = load_some(dy + i, count);
    vec outer = up ? d * load_some(up + i, count) : d;
    store_some(dgate + i, outer * slope, count);
    if (up) store_some(dup + i, d * value, count);
  }
}

static void run_activate(kernel_activation f, float *y, const float *gate, const float *up,
                         size_t n) {
  switch (f) {
    case KERNEL_SILU: activate_typed(y, gate, up, n, KERNEL_SILU); break;
    case KERNEL_GELU: activate_typed(y, gate, up, n, KERNEL_GELU); break;
    case KERNEL_GELU_TANH: activate_typed(y, gate, up, n, KERNEL_GELU_TANH); break;
    case KERNEL_RELU: activate_typed(y, gate, up, n, KERNEL_RELU); break;
  }
}

static void run_activate_backward(kernel_activation f, float *dgate, float *dup, const float *dy,
                                  const float *gate, const float *up, size_t n) {
  switch (f) {
    case KERNEL_SILU: activate_backward_typed(dgate, dup, dy, gate, up, n, KERNEL_SILU); break;
    case KERNEL_GELU: activate_backward_typed(dgate, dup, dy, gate, up, n, KERNEL_GELU); break;
    case KERNEL_GELU_TANH:
      activate_backward_typed(dgate, dup, dy, gate, up, n, KERNEL_GELU_TANH);
      break;
    case KERNEL_RELU: activate_backward_typed(dgate, dup, dy, gate, up, n, KERNEL_RELU); break;
  }
}

// y[i] = cap · tanh(scale · x[i] / cap).
static void run_soft_cap(float *y, const float *x, float scale, float cap, size_t n) {
  FOR_VECTORS(i, count, n) {
    store_some(y + i, vec_tanh(load_some(x + i, count) * scale / cap) * cap, count);
  }
}

// In place: x[i] = pattern[i] · (1 − tanh²(scale · x[i] / cap)).
static void run_cap_slope(float *x, const float *pattern, float scale, float cap, size_t n) {
  FOR_VECTORS(i, count, n) {
    vec t = vec_tanh(load_some(x + i, count) * scale / cap);
    store_some(x + i, load_some(pattern + i, count) * vec_fma(-t, t, vec_all(1)), count);
  }
}
