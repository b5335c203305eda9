/* SPDX-License-Identifier: MIT */
/* Compiler attributes and the lock annotations that clang's -Wthread-safety checks. */
#pragma once

#define PACKED                   __attribute__((packed))
#define ALIGNED(n)               __attribute__((aligned(n)))
#define NORETURN                 __attribute__((noreturn))
#define NOINLINE                 __attribute__((noinline))
#define MUST_CHECK               __attribute__((warn_unused_result))
#define UNUSED                   __attribute__((unused))
#define PRINTF(f, a)             __attribute__((format(printf, f, a)))
#define likely(x)                __builtin_expect(!!(x), 1)
#define unlikely(x)              __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a)            (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, m) ((type *)(void *)((char *)(p)-offsetof(type, m)))
#define MIN(a, b)                ((a) < (b) ? (a) : (b))
#define MAX(a, b)                ((a) > (b) ? (a) : (b))

/* One access each, which others may race with: nothing is ordered by it. */
#define READ_ONCE(x)     __atomic_load_n((const volatile __typeof__(x) *)&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n((volatile __typeof__(x) *)&(x), (v), __ATOMIC_RELAXED)

#ifdef __clang__
#define CAPABILITY(name)      __attribute__((capability(name)))
#define GUARDED_BY(lock)      __attribute__((guarded_by(lock)))
#define REQUIRES(...)         __attribute__((requires_capability(__VA_ARGS__)))
#define ACQUIRES(...)         __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASES(...)         __attribute__((release_capability(__VA_ARGS__)))
#define TRY_ACQUIRES(ok, ...) __attribute__((try_acquire_capability(ok, __VA_ARGS__)))
#define EXCLUDES(...)         __attribute__((locks_excluded(__VA_ARGS__)))
#define NO_LOCK_CHECK         __attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY(name)
#define GUARDED_BY(lock)
#define REQUIRES(...)
#define ACQUIRES(...)
#define RELEASES(...)
#define TRY_ACQUIRES(ok, ...)
#define EXCLUDES(...)
#define NO_LOCK_CHECK
#endif
