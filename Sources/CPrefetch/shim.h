// What Swift has no word for: memory that will be needed soon.

/// Asks the processor to bring the cache line at `address` nearer; never a fault, whatever the address is.
static inline void rc_prefetch(const void *address) { __builtin_prefetch(address); }
