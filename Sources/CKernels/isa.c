// Which instruction set the kernels use: the best supported one, or the one in the environment
// variable GAR_ISA (portable, neon, avx2, avx512) where that is supported too.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

static const kernel_table *process_table;                // set once
static _Thread_local const kernel_table *selected_table;  // NULL: the process's
static pthread_once_t once = PTHREAD_ONCE_INIT;

const char *kernel_isa_name(kernel_isa isa) {
  switch (isa) {
    case KERNEL_ISA_PORTABLE: return "portable";
    case KERNEL_ISA_NEON: return "neon";
    case KERNEL_ISA_AVX2: return "avx2";
    case KERNEL_ISA_AVX512: return "avx512";
  }
  return "unknown";
}

// NULL where this machine lacks the instruction set.
static const kernel_table *table_of(kernel_isa isa) {
  if (isa == KERNEL_ISA_PORTABLE) return &kernel_table_portable;
#if defined(__x86_64__)
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("f16c");
  bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (isa == KERNEL_ISA_AVX2 && avx2) return &kernel_table_avx2;
  if (isa == KERNEL_ISA_AVX512 && avx512) return &kernel_table_avx512;
#elif defined(__aarch64__)
  if (isa == KERNEL_ISA_NEON) return &kernel_table_neon;
#endif
  return NULL;
}

static void choose(void) {
  const char *wanted = getenv("GAR_ISA");
  const kernel_table *best = NULL;
  for (int isa = KERNEL_ISA_PORTABLE; isa <= KERNEL_ISA_AVX512; isa++) {
    const kernel_table *table = table_of((kernel_isa)isa);
    if (table == NULL) continue;
    best = table;
    if (wanted != NULL && strcmp(wanted, kernel_isa_name((kernel_isa)isa)) == 0) break;
  }
  process_table = best;
}

const kernel_table *kernel_active_table(void) {
  if (selected_table != NULL) return selected_table;
  pthread_once(&once, choose);
  return process_table;
}

bool kernel_isa_supported(kernel_isa isa) { return table_of(isa) != NULL; }

kernel_isa kernel_isa_active(void) { return kernel_active_table()->isa; }

bool kernel_isa_select(kernel_isa isa) {
  const kernel_table *table = table_of(isa);
  if (table == NULL) return false;
  selected_table = table;
  return true;
}
