// Products of quantised weights with int8 activations: 16 weight rows side by side, a lane for each,
// so that one instruction adds four products to the sum of every row.
//
// The sum over a block is a whole number and exact; only its multiple by the two scales is added to
// y's chain, block after block in ascending order. So a row has the same bits alone and among
// others, on every instruction set with FMA.
//
// Included after the primitives of vector_<isa>.h and these:
//   vec_dot        sum + Σ over the four bytes of every lane of weight · x
//   dot_weights    bytes that stand for weight + bias, as vec_dot wants them
//   dot_bias       how much more than the weight vec_dot then multiplies; int8_block.starts undoes it
//   lookup_bytes   for each byte, by its low 4 bits, an entry of a table of 16
//   INT8_WIDTH     groups of 16 columns at a time
#pragma once

#include "body_blocks_of_256.h"
#include "body_blocks_of_32.h"

enum {
  INT8_ROWS = 128,        // whose sums and activations stay in the first-level cache
  INT8_MOST_BYTES = 210,  // of a block, Q6_K's
};

// How bytes of `steps` become numbers without a sign.
typedef enum {
  BITS_2 = 3,  // the low bits
  BITS_3 = 7,
  BITS_4 = 15,
  BITS_8 = 255,
  SIGNED_BYTE,
  NONLINEAR,
} byte_kind;

static const uint8_t nonlinear_bytes[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                            129, 141, 153, 166, 181, 197, 217, 241};

// 32 steps of 16 rows: word i of a row has steps 4i … 4i + 3.
typedef struct {
  vec_u32 word[8];
  vec scale[2], offset[2];
} int8_weights;

// kind and bias are constants where this is inlined.
INLINE int8_weights int8_weights_of(steps s, byte_kind kind, int32_t bias) {
  int8_weights w = {.scale = {s.scale[0], s.scale[1]}, .offset = {s.offset[0], s.offset[1]}};
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 8; i++) {
    vec_u32 bytes = s.half[i / 4].word[i % 4];
    if (kind == NONLINEAR) {
      bytes = lookup_bytes(nonlinear_bytes, bytes);
    } else if (kind == SIGNED_BYTE) {
      bytes ^= 0x80808080;
    } else if (kind != BITS_8) {
      bytes &= (uint32_t)kind * 0x01010101;
    }
    w.word[i] = dot_weights(bytes, bias);
  }
  return w;
}

// One row's sums of 16 columns, a block further.
INLINE vec int8_step(vec sum, const int8_weights *w, const int8_block *x, size_t halves,
                     bool has_offset, int32_t bias) {
#pragma clang loop unroll(full)
  for (size_t h = 0; h < halves; h++) {
    const size_t words = 8 / halves;
    vec_i32 total = (vec_i32)(x->starts[h]);
#pragma clang loop unroll(full)
    for (size_t i = h * words; i < (h + 1) * words; i++) {
      total = vec_dot(total, w->word[i], x->quants + 4 * i, bias);
    }
    vec scale = w->scale[h] * vec_all(x->scale);
    sum = vec_fma(__builtin_convertvector(total, vec), scale, sum);
    if (has_offset) sum = vec_fma(w->offset[h], vec_all(x->sums[h]), sum);
  }
  return sum;
}

// sums[i · width + g] is row i's of group g; takes `depth` steps of weights `stride` bytes from row to
// row. x[b · x_stride + i] is block b of row i.
typedef void (*int8_add_function)(vec *sums, size_t width, const int8_block *x, size_t x_stride,
                                  size_t rows, const char *w, size_t stride, size_t depth);

// One after the other, because then the processor's own prefetch goes along; weights are read in the
// order of many rows at once, which it does not follow.
INLINE void int8_prefetch(const char *from, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(from + i, 0, 2);
}

// The parts of a block share bytes: where there is one row, `run` of them are unrolled, so that
// these are loaded once. Meanwhile the weight rows that come after are brought near.
#define INT8_FUNCTIONS(type, constant, block, size, kind, bias, halves, has_offset)            \
  INLINE void int8_run_##type(vec *sums, size_t width, const int8_block *x, size_t x_stride,   \
                              size_t rows, const char *w, size_t stride, size_t first_part,    \
                              size_t run) {                                                    \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < run; i++, x += x_stride) {       \
      int8_weights own[INT8_WIDTH];                                                            \
      _Pragma("clang loop unroll(full)") for (size_t g = 0; g < width; g++) {                  \
        steps s = load_##type(w + g * LANES * stride, stride, first_part + i);                 \
        own[g] = int8_weights_of(s, kind, bias);                                               \
      }                                                                                        \
      for (size_t r = 0; r < rows; r++) {                                                      \
        _Pragma("clang loop unroll(full)") for (size_t g = 0; g < width; g++) {                \
          vec *sum = sums + r * width + g;                                                     \
          *sum = int8_step(*sum, &own[g], x + r, halves, has_offset, bias);                    \
        }                                                                                      \
      }                                                                                        \
    }                                                                                          \
  }                                                                                            \
  INLINE void int8_wide_##type(vec *sums, size_t width, const int8_block *x, size_t x_stride,  \
                               size_t rows, const char *w, size_t stride, size_t depth,        \
                               size_t run) {                                                   \
    const size_t steps = run * UNPACK_STEPS, bytes = steps * size / block;                     \
    for (size_t k = 0; k < depth; k += steps) {                                                \
      size_t span = k % block / steps, at = k / block * size;                                  \
      int8_prefetch(w + (stride + at + span * bytes) * width * LANES, bytes * width * LANES);  \
      const int8_block *from = x + k / UNPACK_STEPS * x_stride;                                \
      int8_run_##type(sums, width, from, x_stride, rows, w + at, stride, run * span,           \
                      run);                                                                    \
    }                                                                                          \
  }                                                                                            \
  INLINE void int8_one_##type(vec *sums, size_t width, const int8_block *x, size_t x_stride,   \
                              const char *w, size_t stride, size_t depth) {                    \
    vec own[INT8_WIDTH];                                                                       \
    for (size_t g = 0; g < width; g++) own[g] = sums[g];                                       \
    int8_wide_##type(own, width, x, x_stride, 1, w, stride, depth, block / UNPACK_STEPS);      \
    for (size_t g = 0; g < width; g++) sums[g] = own[g];                                       \
  }                                                                                            \
  static void int8_add_##type(vec *sums, size_t width, const int8_block *x, size_t x_stride,   \
                              size_t rows, const char *w, size_t stride, size_t depth) {       \
    if (rows == 1 && width == 1) {                                                             \
      int8_one_##type(sums, 1, x, x_stride, w, stride, depth);                                 \
    } else if (rows == 1) {                                                                    \
      int8_one_##type(sums, INT8_WIDTH, x, x_stride, w, stride, depth);                        \
    } else if (width == 1) {                                                                   \
      int8_wide_##type(sums, 1, x, x_stride, rows, w, stride, depth, 1);                       \
    } else {                                                                                   \
      int8_wide_##type(sums, INT8_WIDTH, x, x_stride, rows, w, stride, depth, 1);              \
    }                                                                                          \
  }

// type, constant, weights and bytes of a block, kind and bias of the bytes, scales in 32 weights,
// whether there is an offset
#define EVERY_INT8_TYPE(make)                                                                  \
  make(q4_0, Q4_0, 32, 18, BITS_4, 8, 1, false)                                                \
  make(q4_1, Q4_1, 32, 20, BITS_4, 0, 1, true)                                                 \
  make(q5_0, Q5_0, 32, 22, SIGNED_BYTE, 128, 1, false)                                         \
  make(q5_1, Q5_1, 32, 24, BITS_8, 0, 1, true)                                                 \
  make(q8_0, Q8_0, 32, 34, SIGNED_BYTE, 128, 1, false)                                         \
  make(iq4_nl, IQ4_NL, 32, 18, NONLINEAR, 128, 1, false)                                       \
  make(q2_k, Q2_K, 256, 84, BITS_2, 0, 2, true)                                                \
  make(q3_k, Q3_K, 256, 110, BITS_3, 4, 2, false)                                              \
  make(q4_k, Q4_K, 256, 144, BITS_4, 0, 1, true)                                               \
  make(q5_k, Q5_K, 256, 176, BITS_8, 0, 1, true)                                               \
  make(q6_k, Q6_K, 256, 210, SIGNED_BYTE, 128, 2, false)                                       \
  make(iq4_xs, IQ4_XS, 256, 136, NONLINEAR, 128, 1, false)
EVERY_INT8_TYPE(INT8_FUNCTIONS)

typedef struct {
  int8_add_function add;
  int32_t bias;
  uint32_t halves;
  size_t block, size;  // weights and bytes of a block
} int8_type;

#define INT8_ENTRY(type, constant, block, size, kind, bias, halves, has_offset)           \
  [KERNEL_##constant] = {int8_add_##type, bias, halves, block, size},
static const int8_type int8_types[KERNEL_TYPE_COUNT] = {EVERY_INT8_TYPE(INT8_ENTRY)};

// MARK: Activations

typedef int8_t bytes16 __attribute__((ext_vector_type(16)));

// Rounded to the nearest whole number, halves to even, for |x| < 2^22: they fall on the last bits of
// the sum with 1.5 · 2^23.
INLINE vec_i32 vec_round(vec x) { return (vec_i32)(x + vec_all(0x1.8p23f)) - 0x4b400000; }

// As integers, magnitudes of floats keep their order, and what is not finite is above the rest.
INLINE void quantise_block(int8_block *block, const float *x, int32_t bias, uint32_t halves) {
  vec half[2] = {vec_load(x), vec_load(x + LANES)};
  vec_u32 magnitude[2] = {(vec_u32)half[0] & 0x7fffffff, (vec_u32)half[1] & 0x7fffffff};
  vec_u32 larger = magnitude[0] > magnitude[1] ? magnitude[0] : magnitude[1];
  uint32_t bits = __builtin_reduce_max(larger);
  float largest;
  memcpy(&largest, &bits, sizeof largest);
  bool is_finite = bits < 0x7f800000, is_zero = largest < 0x1p-100f;
  float inverse = is_zero || !is_finite ? 0 : 127 / largest;
  int32_t totals[2];
  for (size_t h = 0; h < 2; h++) {
    vec_i32 quants = is_finite ? vec_round(half[h] * vec_all(inverse)) : (vec_i32)(0);
    bytes16 bytes = __builtin_convertvector(quants, bytes16);
    memcpy(block->quants + h * LANES, &bytes, sizeof bytes);
    totals[h] = __builtin_reduce_add(quants);
  }
  if (halves == 1) totals[0] += totals[1];
  block->scale = !is_finite ? NAN : is_zero ? 0 : largest / 127;
  for (size_t h = 0; h < 2; h++) {
    block->starts[h] = -bias * totals[h];
    block->sums[h] = block->scale * (float)totals[h];
  }
}

static void run_quantise(int8_block *blocks, size_t rows, const float *x, size_t depth,
                         kernel_type type) {
  const int8_type *t = &int8_types[type];
  int32_t bias = dot_bias(t->bias);
  for (size_t k = 0; k < depth; k += INT8_BLOCK, blocks += rows) {
    quantise_block(blocks, x + k, bias, t->halves);
  }
}

// MARK: Products

// Where fewer than 16 weight rows exist: block by block, with zeros for the others.
static void int8_add_edge(vec *sums, const int8_product *p, const int8_block *x, size_t rows,
                          const char *w, size_t columns) {
  const int8_type *t = &int8_types[p->type];
  char copy[LANES * INT8_MOST_BYTES] = {0};
  for (size_t k = 0; k < p->depth; k += t->block) {
    const char *at = w + k / t->block * t->size;
    for (size_t i = 0; i < columns; i++) memcpy(copy + i * t->size, at + i * p->w_stride, t->size);
    t->add(sums, 1, x + k / INT8_BLOCK * p->rows, p->rows, rows, copy, t->size, t->block);
  }
}

// Columns n … n + columns, at most INT8_WIDTH vectors of them, of rows m … m + rows.
static void int8_columns(const int8_product *p, vec *sums, size_t m, size_t rows, size_t n,
                         size_t columns) {
  size_t width = columns == INT8_WIDTH * LANES ? INT8_WIDTH : 1;
  float *y = p->y + m * p->y_stride + n;
  for (size_t i = 0; i < rows * width; i++) {
    const float *from = y + i / width * p->y_stride + i % width * LANES;
    sums[i] = !p->accumulate      ? vec_all(0)
              : columns >= LANES ? vec_load(from)
                                 : vec_load_part(from, columns);
  }
  const char *w = p->w + n * p->w_stride;
  if (columns < LANES) {
    int8_add_edge(sums, p, p->x + m, rows, w, columns);
  } else {
    int8_types[p->type].add(sums, width, p->x + m, p->rows, rows, w, p->w_stride, p->depth);
  }
  for (size_t i = 0; i < rows * width; i++) {
    float *to = y + i / width * p->y_stride + i % width * LANES;
    if (columns >= LANES) {
      vec_store(to, sums[i]);
    } else {
      vec_store_part(to, sums[i], columns);
    }
  }
}

static void run_int8_product(const int8_product *p, size_t first_column, size_t columns) {
  const size_t wide = INT8_WIDTH * LANES;
  vec *sums = kernel_scratch(SCRATCH_ROWS, least(p->rows, INT8_ROWS) * INT8_WIDTH * sizeof(vec));
  for (size_t m = 0; m < p->rows; m += INT8_ROWS) {
    size_t rows = least(INT8_ROWS, p->rows - m);
    for (size_t j = 0; j < columns;) {
      size_t left = columns - j, some = left >= wide ? wide : least(left, LANES);
      int8_columns(p, sums, m, rows, first_column + j, some);
      j += some;
    }
  }
}

const int8_functions KERNEL_INT8 = {.quantise = run_quantise, .product = run_int8_product};
