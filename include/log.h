/* SPDX-License-Identifier: MIT */
/* Messages of the hypervisor, assertions, and the end: panic. */
#pragma once

#include "compiler.h"

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Print one message (with its newline) if LEVEL is enabled (`loglvl=`). Safe from any context. */
void printk(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define log_err(...)   printk(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  printk(LOG_WARN, __VA_ARGS__)
#define log_info(...)  printk(LOG_INFO, __VA_ARGS__)
#define log_debug(...) printk(LOG_DEBUG, __VA_ARGS__)

/* Print the reason, the registers and a backtrace, and end the machine with the panic status. */
NORETURN void panic(const char *fmt, ...) PRINTF(1, 2);

/* Return -ERR and say, under loglvl=debug, which check refused and with what numbers. */
#define refuse(err, fmt, ...) (log_debug("refused (" #err "): " fmt "\n", ##__VA_ARGS__), -(err))

#define BUG_ON(cond)                                                                                         \
    do {                                                                                                     \
        if (unlikely(cond))                                                                                  \
            panic("%s:%d: BUG_ON(%s)", __FILE__, __LINE__, #cond);                                           \
    } while (0)

/* CONFIG_DEBUG is 0 or 1 and comes from the build: debug builds check, release builds still type-check. */
#define IS_DEBUG CONFIG_DEBUG
#define ASSERT(cond)                                                                                         \
    do {                                                                                                     \
        if (IS_DEBUG && unlikely(!(cond)))                                                                   \
            panic("%s:%d: ASSERT(%s)", __FILE__, __LINE__, #cond);                                           \
    } while (0)
