/* SPDX-License-Identifier: MIT */
/* What a guest finds when it starts: command line, modules, memory; and how it ends. */
#pragma once

#include "xen_hypercall.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)

/* A file that the builder put into this guest's memory. */
struct guest_module {
    const char *name; /* its command line, "" if it has none */
    const void *data; /* page aligned */
    size_t size;      /* bytes */
};

unsigned int guest_module_count(void);
/* Number I < guest_module_count(), in the builder's order. */
const struct guest_module *guest_module_at(unsigned int i);
/* By name; NULL: there is none. */
const struct guest_module *guest_module(const char *name);

/* The whole command line; main gets it split at blanks, behind argv[0]. */
const char *guest_cmdline(void);

/* RAM of this guest in bytes, by its memory map. */
uint64_t guest_memory(void);

/* A character that was typed, -1 if there is none, -2 if this guest may not read the console. */
int console_poll(void);
/* Write as it is, no newline added. */
void console_write(const char *s, size_t n);

/* Give the CPU away until an event or the next tick. */
void guest_block(void);
/* Give the CPU to the next one in the queue. */
void guest_yield(void);
/* REASON: SHUTDOWN_* of <xen/sched.h>. */
void guest_shutdown(unsigned int reason) __attribute__((noreturn));

/* Install a hypercall page (CPUID 0x40000002, MSR) and call through it: does it answer as VMMCALL does? */
bool hypercall_page_works(void);
