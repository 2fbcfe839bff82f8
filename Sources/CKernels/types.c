// The weight types: how many weights a block has, in how many bytes.
#include "kernels.h"

#include <stdlib.h>

static const struct {
  const char *name;
  uint16_t block, size;
} types[KERNEL_TYPE_COUNT] = {
    [KERNEL_F32] = {"f32", 1, 4},        [KERNEL_F16] = {"f16", 1, 2},
    [KERNEL_BF16] = {"bf16", 1, 2},      [KERNEL_Q4_0] = {"q4_0", 32, 18},
    [KERNEL_Q4_1] = {"q4_1", 32, 20},    [KERNEL_Q5_0] = {"q5_0", 32, 22},
    [KERNEL_Q5_1] = {"q5_1", 32, 24},    [KERNEL_Q8_0] = {"q8_0", 32, 34},
    [KERNEL_IQ4_NL] = {"iq4_nl", 32, 18}, [KERNEL_Q2_K] = {"q2_k", 256, 84},
    [KERNEL_Q3_K] = {"q3_k", 256, 110},  [KERNEL_Q4_K] = {"q4_k", 256, 144},
    [KERNEL_Q5_K] = {"q5_k", 256, 176},  [KERNEL_Q6_K] = {"q6_k", 256, 210},
    [KERNEL_IQ4_XS] = {"iq4_xs", 256, 136},
};

size_t kernel_type_block(kernel_type type) { return types[type].block; }

size_t kernel_type_size(kernel_type type) { return types[type].size; }

const char *kernel_type_name(kernel_type type) { return types[type].name; }

size_t kernel_row_size(kernel_type type, size_t columns) {
  if (columns % types[type].block != 0) abort();
  return columns / types[type].block * types[type].size;
}
