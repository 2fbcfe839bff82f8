// The kernels for NEON, which every 64-bit ARM processor has.
#if defined(__aarch64__)
#include <arm_neon.h>

#define KERNEL_TABLE kernel_table_neon
#define KERNEL_ISA KERNEL_ISA_NEON

#include "vector_neon.h"

#include "body.h"
#endif
