// The whole interface of the numeric kernels: plain C, no allocation visible to the caller, no I/O.
//
// Shape letters: T query rows, S key positions, H query heads, G key/value heads, K head width,
// D residual width, N and K of a product as given there. Matrices are row-major; a stride counts
// elements from one row to the next. Pointers to weights may have any alignment.
//
// Bits. A product's output element is one chain of fused multiply-adds over the inner index in
// ascending order. It depends on its own row and column alone: not on how many rows come with it,
// on the tile it falls in, on the thread count, or on the instruction set (where that has FMA).
// Every other kernel computes each row by itself, in a fixed order, the same in all of those. The
// portable instruction set rounds products before it adds them, so its last bits differ.
//
// NaN and infinity go where the formula takes them. Memory for packing is kept for each thread
// until it ends; where there is none left, the program aborts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Instruction sets

typedef enum {
  KERNEL_ISA_PORTABLE = 0,
  KERNEL_ISA_NEON = 1,
  KERNEL_ISA_AVX2 = 2,    // with FMA and F16C
  KERNEL_ISA_AVX512 = 3,  // F, BW, DQ, VL
} kernel_isa;

bool kernel_isa_supported(kernel_isa isa);

// The one the calling thread's operations use: the best supported one, or the one that the
// environment variable GAR_ISA names (portable, neon, avx2, avx512) if that is supported.
kernel_isa kernel_isa_active(void);

// Changes it for the calling thread alone, for tests and benchmarks; false if unsupported.
bool kernel_isa_select(kernel_isa isa);
const char *kernel_isa_name(kernel_isa isa);

// MARK: Threads

typedef void (*kernel_task)(void *context, size_t chunk);

// Sets the number of threads that work on one parallel region, the caller included (at least 1).
// Waits for running regions; inside a task it does nothing. The default is the number of processors
// this process may use.
void kernel_threads_set(size_t count);
size_t kernel_threads(void);

// Runs task(context, 0) … task(context, chunks - 1), in any order, on the pool and the caller, and
// returns when all have ended. A call from inside a region, or while another thread's region is
// running, runs its chunks on the caller alone: results are the same by construction.
void kernel_parallel_for(size_t chunks, kernel_task task, void *context);

// MARK: Weights

// The quantised types are ggml's, byte for byte: blocks of weights along a row with a common scale.
typedef enum {
  KERNEL_F32 = 0,
  KERNEL_F16 = 1,
  KERNEL_BF16 = 2,
  KERNEL_Q4_0,  // blocks of 32
  KERNEL_Q4_1,
  KERNEL_Q5_0,
  KERNEL_Q5_1,
  KERNEL_Q8_0,
  KERNEL_IQ4_NL,
  KERNEL_Q2_K,  // blocks of 256
  KERNEL_Q3_K,
  KERNEL_Q4_K,
  KERNEL_Q5_K,
  KERNEL_Q6_K,
  KERNEL_IQ4_XS,
  KERNEL_TYPE_COUNT
} kernel_type;

size_t kernel_type_block(kernel_type type);      // weights in a block: 1, 32 or 256
size_t kernel_type_size(kernel_type type);       // bytes of a block
const char *kernel_type_name(kernel_type type);  // "f32", "q4_0", "q4_k", …

// Bytes of `columns` weights; columns must be a multiple of the block.
size_t kernel_row_size(kernel_type type, size_t columns);

// A weight matrix [rows, columns], row-major without gaps. Rows are whole blocks: every function
// that takes a matrix, or n weights, of a quantised type traps where the block does not divide
// columns, or n. A caller that reads sizes from a file checks them first.
typedef struct {
  const void *data;
  kernel_type type;
  size_t rows, columns;
} kernel_matrix;

// y[i] = (float) x[i], i < n. A quantised weight is the float that the `gguf` package's
// dequantize gives, bit for bit, on every instruction set; products use the same values.
void kernel_to_f32(float *y, const void *x, kernel_type type, size_t n);

// The index of the first NaN or infinity, or n if all are finite.
size_t kernel_first_nonfinite(const void *x, kernel_type type, size_t n);

// MARK: Products

// y[m, n] = Σ_k x[m, k] · w[n, k] for m < rows; k < w.columns, n < w.rows. With `accumulate` the
// chain starts from the old y instead of 0. y must not overlap x or w.
void kernel_matmul(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                   kernel_matrix w, bool accumulate);

// The gradient of the above to x: dx[m, k] = Σ_n dy[m, n] · w[n, k], or added to dx.
void kernel_matmul_backward(float *dx, size_t dx_stride, const float *dy, size_t dy_stride,
                            size_t rows, kernel_matrix w, bool accumulate);

// A part of a stored matrix, read where it lies: `rows` rows of `columns` elements, `row_bytes`
// apart. Rows may come in groups of `group_rows` that lie `group_bytes` apart; `group_rows` divides
// `rows`, 0 means one group. A transposed view is stored [inputs, outputs].
typedef struct {
  const void *data;
  kernel_type type;
  size_t rows, columns, row_bytes;
  size_t group_rows, group_bytes;
  bool transposed;
} kernel_view;

// As kernel_matmul and kernel_matmul_backward, of the matrix that the view shows: the same chains.
void kernel_view_matmul(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                        kernel_view w, bool accumulate);
void kernel_view_matmul_backward(float *dx, size_t dx_stride, const float *dy, size_t dy_stride,
                                 size_t rows, kernel_view w, bool accumulate);

// As kernel_view_matmul with the activations in int8, where weights are quantised and the view is not
// transposed (kernel_int8_applies); elsewhere it is kernel_view_matmul.
//
// Every 32 activations b in a row become s_b · q with s_b = max |x| / 127 and whole numbers q, so each
// is off by s_b / 2 at most: y by Σ_b s_b / 2 · Σ_{k in b} |w[n, k]|, and by rounding. Blocks of less
// than 2^-100 count as 0. The sum of q · weight over the weights that share a scale is exact; y's chain
// takes its multiple by the two scales, and then, where they have a minimum, that times s_b · Σ q,
// block by block in ascending order. So an element has the same bits whatever comes with it, too.
void kernel_view_matmul_int8(float *y, size_t y_stride, const float *x, size_t x_stride,
                             size_t rows, kernel_view w, bool accumulate);
bool kernel_int8_applies(kernel_view w);

// The gradient to the weights: dw[n, k] = Σ_m dy[m, n] · x[m, k] for n < outputs, k < inputs; dw is
// f32, [outputs, inputs] without gaps. Or added to dw.
void kernel_matmul_weight_backward(float *dw, const float *dy, size_t dy_stride, const float *x,
                                   size_t x_stride, size_t rows, size_t outputs, size_t inputs,
                                   bool accumulate);

float kernel_dot(const float *a, const float *b, size_t n);             // Σ a[i]·b[i]
void kernel_add(float *y, const float *x, size_t n);                    // y[i] += x[i]
void kernel_scale_add(float *y, float a, const float *x, size_t n);     // y[i] += a·x[i]

// MARK: Normalization

// y[t, d] = gain[d] · x[t, d] · r[t], r[t] = 1/√(mean_d x[t, d]² + ε). Rows are contiguous, [T, D].
// r goes to inverse_rms, [T], unless that is NULL. y may be x.
void kernel_rmsnorm(float *y, float *inverse_rms, const float *x, const float *gain, size_t rows,
                    size_t width, float epsilon);

// dx[t, d] += r·(gain·dy − x·r²·mean_d(gain·dy·x)).
void kernel_rmsnorm_backward(float *dx, const float *dy, const float *x, const float *gain,
                             const float *inverse_rms, size_t rows, size_t width);

// y[t, d] = gain[d] · (x[t, d] − mean_d x) · r[t] + bias[d], r[t] = 1/√(mean_d (x − mean_d x)² + ε).
// Rows are contiguous, [T, D]. y may be x.
void kernel_layernorm(float *y, const float *x, const float *gain, const float *bias, size_t rows,
                      size_t width, float epsilon);

// With g = gain·dy and n = (x − mean x)·r: dx[t, d] += r·(g − mean_d g − n·mean_d(g·n)).
void kernel_layernorm_backward(float *dx, const float *dy, const float *x, const float *gain,
                               size_t rows, size_t width, float epsilon);

// MARK: Rotary positions

typedef enum { KERNEL_ROPE_HALVES = 0, KERNEL_ROPE_INTERLEAVED = 1 } kernel_rope_pairing;

// Rotates the first `rotary` elements of every head in place; x is [T, heads, K] with `x_stride`
// from row to row. cosine and sine are [T, rotary / 2], row 0 for row 0 of x. Pair i is
// (i, i + rotary / 2) for halves, (2i, 2i + 1) for interleaved. `inverse` turns the other way, which
// is also the backward of the rotation.
void kernel_rope(float *x, size_t x_stride, const float *cosine, const float *sine, size_t rows,
                 size_t heads, size_t head_width, size_t rotary, kernel_rope_pairing pairing,
                 bool inverse);

// MARK: Attention

// Query row t stands at position `first_position + t` and sees the key positions s with
// s <= position and, where window > 0, s > position − window. keys = S >= first_position + T.
// q, z: [T, H, K], k, v: [S, G, K], contiguous. Query head h reads key/value head h / (H / G).
// pattern: [H, T, S], contiguous; cells that are not seen are 0.
typedef struct {
  size_t rows, first_position, keys;
  size_t heads, kv_heads, head_width;
  size_t window;  // 0: unlimited
  float scale;    // of the scores, usually 1/√K
  float cap;      // 0: none
} kernel_attention_shape;

// pattern[h, t, :] = softmax_s(score), score = scale · q[t, h, :] · k[s, g, :]; with a cap,
// softmax_s(cap · tanh(score / cap)).
void kernel_attention_pattern(float *pattern, const float *q, const float *k,
                              kernel_attention_shape shape);

// z[t, h, :] = Σ_s pattern[h, t, s] · v[s, g, :].
void kernel_attention_mix(float *z, const float *pattern, const float *v,
                          kernel_attention_shape shape);

// dpattern[h, t, s] = dz[t, h, :] · v[s, g, :] (0 where not seen);
// dv[s, g, :] += Σ_{h of g, t} pattern[h, t, s] · dz[t, h, :].
void kernel_attention_mix_backward(float *dpattern, float *dv, const float *dz,
                                   const float *pattern, const float *v,
                                   kernel_attention_shape shape);

// With dscores[h, t, s] = pattern · (dpattern − Σ_s pattern · dpattern), times
// 1 − tanh²(score / cap) where there is a cap:
// dq[t, h, :] += scale · Σ_s dscores · k[s, g, :];
// dk[s, g, :] += scale · Σ_{h of g, t} dscores · q[t, h, :].
void kernel_attention_pattern_backward(float *dq, float *dk, const float *dpattern,
                                       const float *pattern, const float *q, const float *k,
                                       kernel_attention_shape shape);

// MARK: Activations and softmax

typedef enum {
  KERNEL_SILU = 0,       // x / (1 + e^−x)
  KERNEL_GELU = 1,       // x · Φ(x), Φ the normal distribution
  KERNEL_GELU_TANH = 2,  // ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
  KERNEL_RELU = 3,       // max(x, 0)
} kernel_activation;

// y[i] = f(gate[i]) · up[i], or f(gate[i]) where up is NULL. y may be gate or up.
void kernel_activate(kernel_activation f, float *y, const float *gate, const float *up, size_t n);

// dgate[i] = dy·up·f′(gate), dup[i] = dy·f(gate); where up and dup are NULL, dgate[i] = dy·f′(gate).
// dgate may be gate, dup may be up.
void kernel_activate_backward(kernel_activation f, float *dgate, float *dup, const float *dy,
                              const float *gate, const float *up, size_t n);

// y[i] = cap · tanh(x[i] / cap); y may be x.
void kernel_soft_cap(float *y, const float *x, float cap, size_t n);

// y[i] = e^x[i], to 2 units in the last place; y may be x.
void kernel_exp(float *y, const float *x, size_t n);

// In place: x[i] = e^(x[i] − max) / Σ. n >= 1.
void kernel_softmax(float *x, size_t n);

// max + log Σ e^(x[i] − max). n >= 1.
float kernel_log_sum_exp(const float *x, size_t n);

// MARK: What this machine can do

// Measured over about `seconds`, on one thread: fused multiply-adds times two, a second, with the
// active instruction set.
double kernel_measure_flops(double seconds);

// Measured over about `seconds` with the pool's threads: bytes a second read from `bytes` of memory
// at `data`.
double kernel_measure_read_bandwidth(const void *data, size_t bytes, double seconds);

#ifdef __cplusplus
}
#endif
