// The twin of the quantised types: one weight at a time, by the layout as ggml documents it.
#include <math.h>
#include <string.h>

#include "reference_parts.h"

static double half_at(const uint8_t *p) { return kernel_half_ref((uint16_t)(p[0] | p[1] << 8)); }

static int nibble(const uint8_t *bytes, size_t i, size_t half) {
  return half ? bytes[i] >> 4 : bytes[i] & 15;
}

static int bit(const uint8_t *bytes, size_t i) { return bytes[i / 8] >> i % 8 & 1; }

static const int8_t nonlinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                     1,    13,   25,  38,  53,  69,  89,  113};

// Blocks of 32: weight i is nibble i / 16 of byte i % 16.
static double weight_of_32(const uint8_t *b, kernel_type type, size_t i) {
  double d = half_at(b), m = half_at(b + 2);
  size_t byte = i % 16, half = i / 16;
  switch (type) {
    case KERNEL_Q4_0: return d * (nibble(b + 2, byte, half) - 8);
    case KERNEL_Q4_1: return d * nibble(b + 4, byte, half) + m;
    case KERNEL_Q5_0: return d * ((nibble(b + 6, byte, half) | bit(b + 2, i) << 4) - 16);
    case KERNEL_Q5_1: return d * (nibble(b + 8, byte, half) | bit(b + 4, i) << 4) + m;
    case KERNEL_Q8_0: return d * (int8_t)b[2 + i];
    default: return d * nonlinear[nibble(b + 2, byte, half)];
  }
}

// Scale j of 16 in Q3_K: 4 low bits, two to a byte, and 2 high bits, four to a byte.
static int scale_q3(const uint8_t *scales, size_t j) {
  int low = j < 8 ? scales[j] & 15 : scales[j - 8] >> 4;
  return (low | (scales[8 + j % 4] >> 2 * (j / 4) & 3) << 4) - 32;
}

// Scale j of 8 in Q4_K and Q5_K, or minimum j with first = 4.
static int scale_q4(const uint8_t *scales, size_t j, size_t first) {
  if (j < 4) return scales[first + j] & 63;
  int low = first == 0 ? scales[4 + j] & 15 : scales[4 + j] >> 4;
  return low | scales[first + j - 4] >> 6 << 4;
}

// Blocks of 256: part = i / 32 and scale = i / 16 count within the block.
static double weight_of_256(const uint8_t *b, kernel_type type, size_t i) {
  size_t part = i / 32, at = i % 32, half = i / 128;
  switch (type) {
    case KERNEL_Q2_K: {
      int quant = b[16 + 32 * half + at] >> 2 * (part % 4) & 3;
      return half_at(b + 80) * (b[i / 16] & 15) * quant - half_at(b + 82) * (b[i / 16] >> 4);
    }
    case KERNEL_Q3_K: {
      int quant = b[32 + 32 * half + at] >> 2 * (part % 4) & 3;
      return half_at(b + 108) * scale_q3(b + 96, i / 16) * (b[at] >> part & 1 ? quant : quant - 4);
    }
    case KERNEL_Q4_K: {
      int quant = nibble(b + 16 + 32 * (part / 2), at, part % 2);
      return half_at(b) * scale_q4(b + 4, part, 0) * quant -
             half_at(b + 2) * scale_q4(b + 4, part, 4);
    }
    case KERNEL_Q5_K: {
      int quant = nibble(b + 48 + 32 * (part / 2), at, part % 2) | (b[16 + at] >> part & 1) << 4;
      return half_at(b) * scale_q4(b + 4, part, 0) * quant -
             half_at(b + 2) * scale_q4(b + 4, part, 4);
    }
    case KERNEL_Q6_K: {
      int low = nibble(b + 64 * half + 32 * (part % 2), at, part % 4 / 2);
      int high = b[128 + 32 * half + at] >> 2 * (part % 4) & 3;
      return half_at(b + 208) * (int8_t)b[192 + i / 16] * ((low | high << 4) - 32);
    }
    default: {
      int scale = nibble(b + 4, part / 2, part % 2) | ((b[2] | b[3] << 8) >> 2 * part & 3) << 4;
      return half_at(b) * (scale - 32) * nonlinear[nibble(b + 8 + 16 * part, at % 16, at / 16)];
    }
  }
}

double kernel_block_weight_ref(const void *x, kernel_type type, size_t i) {
  size_t width = kernel_type_block(type);
  const uint8_t *block = (const uint8_t *)x + i / width * kernel_type_size(type);
  double exact =
      width == 32 ? weight_of_32(block, type, i % 32) : weight_of_256(block, type, i % 256);
  return (float)exact;  // scales and quants are so short that the double is exact
}
