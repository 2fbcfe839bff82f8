// The kernels for AVX-512.
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "table.h"

#define KERNEL_TABLE kernel_table_avx512
#define KERNEL_ISA KERNEL_ISA_AVX512

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), \
    apply_to = function)
#include "vector_avx512.h"

#include "body.h"
#pragma clang attribute pop
#endif
