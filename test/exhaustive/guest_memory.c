/* SPDX-License-Identifier: MIT */
/* Guest memory of a hostile guest, in place of test/host/guest_memory.c: a plain address of this process. */
#include "arch.h"
#include "hostile.h"
#include "report.h"

#include <string.h>

#define MAX_FETCHES 64

static struct {
    uint64_t start, end;
} fetched[MAX_FETCHES];
static unsigned int nr_fetched;
static bool in_call;
static enum hostile_mode hostile;

void hostile_mode(enum hostile_mode mode)
{
    hostile = mode;
}

const char *hostile_name(enum hostile_mode mode)
{
    static const char *const names[] = {"stays", "becomes zeros", "becomes ones", "becomes one more"};

    return names[mode];
}

void hostile_begin(void)
{
    nr_fetched = 0;
    in_call = true;
}

void hostile_end(void)
{
    in_call = false;
}

static void note_fetch(uint64_t start, uint64_t end)
{
    for (unsigned int i = 0; i < nr_fetched; i++)
        if (start < fetched[i].end && fetched[i].start < end)
            broken("fetch: a hypercall fetches %lu bytes twice",
                   MIN(end, fetched[i].end) - MAX(start, fetched[i].start));
    if (nr_fetched == MAX_FETCHES)
        broken("fetch: a hypercall fetches more than %u times", MAX_FETCHES);
    fetched[nr_fetched].start = start;
    fetched[nr_fetched++].end = end;
}

static void change(uint8_t *p, size_t n)
{
    if (hostile == HOSTILE_ZEROS || hostile == HOSTILE_ONES)
        memset(p, hostile == HOSTILE_ONES ? 0xff : 0, n);
    for (size_t i = 0; hostile == HOSTILE_MORE && i < n; i += 8)
        p[i]++;
}

int arch_copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
    memcpy(dst, (const void *)src.va, n);
    if (in_call && n) {
        note_fetch(src.va, src.va + n);
        change((uint8_t *)src.va, n);
    }
    return 0;
}

int arch_copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
    memcpy((void *)dst.va, src, n);
    return 0;
}
