/* SPDX-License-Identifier: MIT */
/* The switches of allod.cfg for who wants to watch: traces by topic, and checks beyond assertions. Set once
 * at boot. */
#pragma once

#include "log.h"
#include <stdbool.h>

/* `trace = call,claim,heap` */
enum trace_topic {
    TRACE_CALL = 1,  /* every hypercall and its result */
    TRACE_CLAIM = 2, /* claims installed and redeemed */
    TRACE_HEAP = 4,  /* blocks allocated and freed */
};

extern unsigned int trace_topics;

#define trace(topic, fmt, ...)                                                                               \
    do {                                                                                                     \
        if (unlikely(trace_topics & (topic)))                                                                \
            log_info("trace: " fmt "\n", ##__VA_ARGS__);                                                     \
    } while (0)

/* `checks = yes`, in debug builds: after each hypercall all invariants of the heap, and that calls.h names
 * the error; panic when one is broken. */
extern bool hypercall_checks;
