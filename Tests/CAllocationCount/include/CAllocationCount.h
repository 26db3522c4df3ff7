// Counts what a thread asks of the heap, by taking the place of malloc and its kin in a test process.
#pragma once
#include <stdint.h>

/// What this thread asked for since it began.
uint64_t rc_test_allocations(void);
