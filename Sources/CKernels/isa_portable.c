// The kernels for any machine, in whatever vectors the compiler may assume.
#define KERNEL_TABLE kernel_table_portable
#define KERNEL_ISA KERNEL_ISA_PORTABLE

#include "vector_portable.h"

#include "body.h"
