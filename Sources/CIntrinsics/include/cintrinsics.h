// What the compiler can make the processor do and Swift has no words for. Written with the compiler's own vector types
// and builtins, so it is an instruction or two on any machine. No state and no policy live here.
#ifndef SLUICE_CINTRINSICS_H
#define SLUICE_CINTRINSICS_H

#include <stdint.h>

#define CINTRINSICS_INLINE static inline __attribute__((always_inline))

// Sixteen bytes, one in each lane. The standard library's comparisons of such vectors are loops over the lanes on a
// plain x86-64, and it has nothing that gathers one bit of each lane.
typedef uint8_t cintrinsics_bytes __attribute__((ext_vector_type(16)));
typedef _Bool cintrinsics_bools __attribute__((ext_vector_type(16)));

// All bits of a lane are set where its byte is `byte`, and none elsewhere.
CINTRINSICS_INLINE cintrinsics_bytes cintrinsics_equal(cintrinsics_bytes lanes, uint8_t byte) {
    return (cintrinsics_bytes)(lanes == (cintrinsics_bytes)byte);
}

// The same where the byte is `bound` or less.
CINTRINSICS_INLINE cintrinsics_bytes cintrinsics_at_most(cintrinsics_bytes lanes, uint8_t bound) {
    return (cintrinsics_bytes)(lanes <= (cintrinsics_bytes)bound);
}

// The same where the byte is `bound` or more.
CINTRINSICS_INLINE cintrinsics_bytes cintrinsics_at_least(cintrinsics_bytes lanes, uint8_t bound) {
    return (cintrinsics_bytes)(lanes >= (cintrinsics_bytes)bound);
}

// The top bit of each lane, that of the first lane lowest.
CINTRINSICS_INLINE uint16_t cintrinsics_top_bits(cintrinsics_bytes lanes) {
    union {
        cintrinsics_bools bools;
        uint16_t bits;
    } gathered = {.bools = __builtin_convertvector(lanes >= (cintrinsics_bytes)0x80, cintrinsics_bools)};
    return gathered.bits;
}

// Asks for the line at `address`, any address, to come into the cache; returns at once.
CINTRINSICS_INLINE void cintrinsics_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
