// Per-thread working memory of the kernels.
#include <pthread.h>
#include <stdlib.h>

#include "table.h"

typedef struct {
  void *data[SCRATCH_COUNT];
  size_t bytes[SCRATCH_COUNT];
} scratch;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local scratch *own;

static void free_scratch(void *p) {
  scratch *s = p;
  for (size_t i = 0; i < SCRATCH_COUNT; i++) free(s->data[i]);
  free(s);
}

static void make_key(void) {
  if (pthread_key_create(&key, free_scratch) != 0) abort();
}

void *kernel_scratch(scratch_slot slot, size_t bytes) {
  if (own == NULL) {
    pthread_once(&once, make_key);
    own = calloc(1, sizeof *own);
    if (own == NULL || pthread_setspecific(key, own) != 0) abort();
  }
  if (own->bytes[slot] < bytes) {
    free(own->data[slot]);
    own->bytes[slot] = (bytes + 4095) / 4096 * 4096;
    own->data[slot] = aligned_alloc(64, own->bytes[slot]);
    if (own->data[slot] == NULL) abort();
  }
  return own->data[slot];
}
