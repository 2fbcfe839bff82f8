// The thread pool: one parallel region at a time, whose chunks threads claim one by one, so that a
// thread that loses its processor holds up at most one chunk.
//
// A claim is a compare-and-swap on `ticket`, epoch << 32 | chunks left. A worker that is late sees
// another epoch and claims nothing, so it never runs a task of a region that has ended.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "kernels.h"
#include "wait.h"

enum { MOST_THREADS = 256, SPIN_NANOSECONDS = 60000 };

static struct {
  pthread_mutex_t region;  // held by the thread whose region runs, and while workers change
  pthread_t workers[MOST_THREADS];
  size_t worker_count;
  bool is_started;
  _Atomic size_t thread_count;

  // Written by the region's owner before it publishes the ticket.
  kernel_task task;
  void *context;
  size_t first_chunk;
  uint32_t chunks;

  // Each on a cache line of its own: all threads write them.
  _Alignas(128) _Atomic uint64_t ticket;
  _Alignas(128) _Atomic uint32_t epoch;  // what workers wait on
  _Atomic uint32_t sleepers;
  _Atomic bool is_stopping;
  _Alignas(128) _Atomic uint32_t unfinished;  // what the owner waits on
  _Atomic bool owner_sleeps;
} pool = {.region = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local bool is_in_region;

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static uint64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Spins for some tens of microseconds, as long as the steps between two products of a token take,
// then sleeps, until the word differs from `value`.
static void await_change(_Atomic uint32_t *word, uint32_t value) {
  uint64_t start = nanoseconds();
  do {
    for (int i = 0; i < 16; i++) {
      if (atomic_load_explicit(word, memory_order_acquire) != value) return;
      relax();
    }
  } while (nanoseconds() - start < SPIN_NANOSECONDS);
}

static void run_claimed(uint32_t epoch) {
  uint64_t ticket = atomic_load_explicit(&pool.ticket, memory_order_acquire);
  while ((uint32_t)(ticket >> 32) == epoch && (uint32_t)ticket > 0) {
    if (!atomic_compare_exchange_weak_explicit(&pool.ticket, &ticket, ticket - 1,
                                               memory_order_acq_rel, memory_order_acquire)) {
      continue;
    }
    // The claim keeps the region alive, so its description is safe to read.
    pool.task(pool.context, pool.first_chunk + (pool.chunks - (uint32_t)ticket));
    if (atomic_fetch_sub(&pool.unfinished, 1) == 1 && atomic_load(&pool.owner_sleeps)) {
      wake_all(&pool.unfinished);
    }
    ticket = atomic_load_explicit(&pool.ticket, memory_order_acquire);
  }
}

static void *run_worker(void *argument) {
  uint32_t seen = (uint32_t)(uintptr_t)argument;
  is_in_region = true;
  for (;;) {
    await_change(&pool.epoch, seen);
    while (atomic_load(&pool.epoch) == seen) {
      atomic_fetch_add(&pool.sleepers, 1);
      wait_while(&pool.epoch, seen);
      atomic_fetch_sub(&pool.sleepers, 1);
    }
    seen = atomic_load(&pool.epoch);
    if (atomic_load(&pool.is_stopping)) return NULL;
    run_claimed(seen);
  }
}

static void announce(uint32_t epoch) {
  atomic_store(&pool.epoch, epoch);
  if (atomic_load(&pool.sleepers) > 0) wake_all(&pool.epoch);
}

static void run_region(size_t first_chunk, uint32_t chunks, kernel_task task, void *context) {
  uint32_t epoch = atomic_load(&pool.epoch) + 1;
  pool.task = task;
  pool.context = context;
  pool.first_chunk = first_chunk;
  pool.chunks = chunks;
  atomic_store(&pool.unfinished, chunks);
  atomic_store_explicit(&pool.ticket, (uint64_t)epoch << 32 | chunks, memory_order_release);
  announce(epoch);
  run_claimed(epoch);
  for (uint32_t left; (left = atomic_load(&pool.unfinished)) > 0;) {
    await_change(&pool.unfinished, left);
    atomic_store(&pool.owner_sleeps, true);
    if (atomic_load(&pool.unfinished) == left) wait_while(&pool.unfinished, left);
    atomic_store(&pool.owner_sleeps, false);
  }
}

static size_t available_processors(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
    return (size_t)CPU_COUNT(&set);
  }
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (size_t)count : 1;
}

static size_t bounded(size_t count) {
  return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : count;
}

static void set_default_count(void) {
  atomic_store(&pool.thread_count, bounded(available_processors()));
}

// The region lock is held. Signals stay with the program's own threads. Where a thread cannot be
// made, fewer do the work.
static void start_workers(void) {
  size_t wanted = atomic_load(&pool.thread_count) - 1;
  uintptr_t seen = atomic_load(&pool.epoch);
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  while (pool.worker_count < wanted &&
         pthread_create(&pool.workers[pool.worker_count], NULL, run_worker, (void *)seen) == 0) {
    pool.worker_count++;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pool.is_started = true;
}

static void stop_workers(void) {
  atomic_store(&pool.is_stopping, true);
  announce(atomic_load(&pool.epoch) + 1);
  while (pool.worker_count > 0) pthread_join(pool.workers[--pool.worker_count], NULL);
  atomic_store(&pool.is_stopping, false);
  pool.is_started = false;
}

size_t kernel_threads(void) {
  pthread_once(&once, set_default_count);
  return atomic_load(&pool.thread_count);
}

void kernel_threads_set(size_t count) {
  if (is_in_region) return;
  pthread_once(&once, set_default_count);
  pthread_mutex_lock(&pool.region);
  if (bounded(count) != atomic_load(&pool.thread_count)) {
    stop_workers();
    atomic_store(&pool.thread_count, bounded(count));
  }
  pthread_mutex_unlock(&pool.region);
}

void kernel_parallel_for(size_t chunks, kernel_task task, void *context) {
  if (chunks <= 1 || is_in_region || kernel_threads() == 1 ||
      pthread_mutex_trylock(&pool.region) != 0) {
    for (size_t i = 0; i < chunks; i++) task(context, i);
    return;
  }
  if (!pool.is_started) start_workers();
  is_in_region = true;
  for (size_t first = 0; first < chunks;) {
    size_t some = chunks - first < UINT32_MAX ? chunks - first : UINT32_MAX;
    run_region(first, (uint32_t)some, task, context);
    first += some;
  }
  is_in_region = false;
  pthread_mutex_unlock(&pool.region);
}
