/* SPDX-License-Identifier: MIT */
/* What the compiler calls where the thread sanitizer would look: each access to memory is reported, atomic
 * ones are done here. The names are the compiler's own, so they are given as the assembler sees them. */
#include "points.h"

/* clang-format off */
#define NAMED(result, name, ...) \
    result tsan_##name(__VA_ARGS__) __asm__("__tsan_" #name); result tsan_##name(__VA_ARGS__)

#define PLAIN(n) \
    NAMED(void, read##n, const void *p) { points_access(p); } \
    NAMED(void, write##n, void *p) { points_access(p); }
PLAIN(1) PLAIN(2) PLAIN(4) PLAIN(8) PLAIN(16)
NAMED(void, read_range, const void *p, long size UNUSED) { points_access(p); }
NAMED(void, write_range, void *p, long size UNUSED) { points_access(p); }
NAMED(void, init, void) {}
NAMED(void, func_entry, void *pc UNUSED) {}
NAMED(void, func_exit, void *pc UNUSED) {}

#define CHANGE(bits, type, op) \
    NAMED(type, atomic##bits##_##op, volatile type *p, type v, int order UNUSED) \
    { points_access(p); return __atomic_##op(p, v, __ATOMIC_SEQ_CST); }
#define COMPARE(bits, type, kind, weak) \
    NAMED(bool, atomic##bits##_compare_exchange_##kind, volatile type *p, type *old, type v, int a UNUSED, int b UNUSED) \
    { points_access(p); return __atomic_compare_exchange_n(p, old, v, weak, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); }
#define ATOMIC(bits, type) \
    NAMED(type, atomic##bits##_load, const volatile type *p, int order UNUSED) { points_access(p); return *p; } \
    NAMED(void, atomic##bits##_store, volatile type *p, type v, int order UNUSED) { points_access(p); *p = v; } \
    NAMED(type, atomic##bits##_exchange, volatile type *p, type v, int order UNUSED) \
    { points_access(p); return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); } \
    CHANGE(bits, type, fetch_add) CHANGE(bits, type, fetch_sub) CHANGE(bits, type, fetch_and) \
    CHANGE(bits, type, fetch_or) CHANGE(bits, type, fetch_xor) \
    COMPARE(bits, type, strong, false) COMPARE(bits, type, weak, true)
ATOMIC(8, uint8_t) ATOMIC(16, uint16_t) ATOMIC(32, uint32_t) ATOMIC(64, uint64_t)
