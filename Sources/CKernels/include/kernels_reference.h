// Slow, obvious twins of the kernels, which accumulate in double. The tests hold the kernels
// against them; nothing else should call them.
//
// Where `bound` is not NULL it receives, for every output element, the sum of the absolute values
// of the terms in that element's sum: a float sum of n terms, in any order, is then off by at most
// about n · FLT_EPSILON · bound.
#pragma once

#include "kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

double kernel_weight_ref(const void *x, kernel_type type, size_t i);

void kernel_to_f32_ref(float *y, const void *x, kernel_type type, size_t n);

size_t kernel_first_nonfinite_ref(const void *x, kernel_type type, size_t n);

// Products. y and bound share a stride.
void kernel_matmul_ref(double *y, double *bound, size_t y_stride, const float *x, size_t x_stride,
                       size_t rows, kernel_matrix w, bool accumulate);

void kernel_matmul_backward_ref(double *dx, double *bound, size_t dx_stride, const float *dy,
                                size_t dy_stride, size_t rows, kernel_matrix w, bool accumulate);

void kernel_matmul_weight_backward_ref(double *dw, double *bound, const float *dy,
                                       size_t dy_stride, const float *x, size_t x_stride,
                                       size_t rows, size_t outputs, size_t inputs,
                                       bool accumulate);

double kernel_dot_ref(double *bound, const float *a, const float *b, size_t n);

// y[i] += a · x[i]; with a = 1 also the twin of kernel_add.
void kernel_scale_add_ref(double *y, double *bound, double a, const float *x, size_t n);

void kernel_rmsnorm_ref(double *y, double *inverse_rms, const float *x, const float *gain,
                        size_t rows, size_t width, float epsilon);

void kernel_rmsnorm_backward_ref(double *dx, double *bound, const float *dy, const float *x,
                                 const float *gain, const float *inverse_rms, size_t rows,
                                 size_t width);

void kernel_rope_ref(double *x, double *bound, size_t x_stride, const float *cosine,
                     const float *sine, size_t rows, size_t heads, size_t head_width,
                     size_t rotary, kernel_rope_pairing pairing, bool inverse);

// Attention. The pattern's bound is that of the score, Σ |scale · q · k|.
void kernel_attention_pattern_ref(double *pattern, double *bound, const float *q, const float *k,
                                  kernel_attention_shape shape);

void kernel_attention_mix_ref(double *z, double *bound, const float *pattern, const float *v,
                              kernel_attention_shape shape);

void kernel_attention_mix_backward_ref(double *dpattern, double *dpattern_bound, double *dv,
                                       double *dv_bound, const float *dz, const float *pattern,
                                       const float *v, kernel_attention_shape shape);

void kernel_attention_pattern_backward_ref(double *dq, double *dq_bound, double *dk,
                                           double *dk_bound, const float *dpattern,
                                           const float *pattern, const float *q, const float *k,
                                           kernel_attention_shape shape);

void kernel_layernorm_ref(double *y, const float *x, const float *gain, const float *bias,
                          size_t rows, size_t width, float epsilon);

void kernel_layernorm_backward_ref(double *dx, const float *dy, const float *x, const float *gain,
                                   size_t rows, size_t width, float epsilon);

void kernel_activate_ref(kernel_activation f, double *y, const float *gate, const float *up,
                         size_t n);

void kernel_activate_backward_ref(kernel_activation f, double *dgate, double *dup, const float *dy,
                                  const float *gate, const float *up, size_t n);

void kernel_soft_cap_ref(double *y, const float *x, double cap, size_t n);

void kernel_softmax_ref(double *y, const float *x, size_t n);

double kernel_log_sum_exp_ref(const float *x, size_t n);

#ifdef __cplusplus
}
#endif
