// The kernels for AVX2 with FMA and F16C.
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "table.h"

#define KERNEL_TABLE kernel_table_avx2
#define KERNEL_ISA KERNEL_ISA_AVX2

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "vector_avx2.h"

#include "body.h"
#pragma clang attribute pop
#endif
