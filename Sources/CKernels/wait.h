// Sleeping until a 32-bit word changes: a futex on Linux, a condition variable elsewhere.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

// Returns when the word no longer holds `value`, or sooner: check again.
void wait_while(_Atomic uint32_t *word, uint32_t value);

// Wakes every thread that waits on the word. Change the word first.
void wake_all(_Atomic uint32_t *word);
