/* SPDX-License-Identifier: MIT */
/* printf and its relatives over console_io. */
#include "guest_internal.h"
#include "vcpu_block.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

static struct guest_lock lock; /* so that texts stay whole */
static bool seized;

void console_seize(void)
{
    __atomic_store_n(&seized, true, __ATOMIC_RELAXED);
}

static void write(const char *s, size_t n)
{
    xen_hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, n, (uintptr_t)s, 0, 0);
}

void console_write(const char *s, size_t n)
{
    uint64_t flags;

    if (__atomic_load_n(&seized, __ATOMIC_RELAXED)) {
        write(s, n);
        return;
    }
    flags = lock_quietly(&lock);
    write(s, n);
    unlock_quietly(&lock, flags);
}

int console_poll(void)
{
    unsigned char c;
    int64_t n = xen_hypercall(__HYPERVISOR_console_io, CONSOLEIO_read, 1, (uintptr_t)&c, 0, 0);

    if (n < 0)
        return -2;
    return n ? c : -1;
}

int getchar(void)
{
    int c;

    while ((c = console_poll()) == -1)
        guest_block();
    return c < 0 ? EOF : c;
}

int putchar(int c)
{
    char text = (char)c;

    console_write(&text, 1);
    return (unsigned char)c;
}

int puts(const char *s)
{
    return printf("%s\n", s);
}

/* Longer texts than the buffer go through the heap; without a heap they are cut. */
int vprintf(const char *fmt, va_list args)
{
    char text[512], *longer;
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(text, sizeof(text), fmt, args);
    longer = (size_t)len < sizeof(text) ? NULL : malloc((size_t)len + 1);
    if (longer) {
        vsnprintf(longer, (size_t)len + 1, fmt, again);
        console_write(longer, (size_t)len);
        free(longer);
    } else {
        console_write(text, strlen(text));
    }
    va_end(again);
    return len;
}

int printf(const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vprintf(fmt, args);
    va_end(args);
    return len;
}
