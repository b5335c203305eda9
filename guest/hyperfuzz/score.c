/* SPDX-License-Identifier: MIT */
/* What was called and what came back. */
#include "hyperfuzz.h"
#include <stdio.h>
#include <string.h>

#define NR_FAMILIES 64U
#define NR_ERRORS   160U
#define FNV_START   0xcbf29ce484222325UL
#define FNV_PRIME   0x100000001b3UL

static unsigned long family[NR_FAMILIES + 1], error[NR_ERRORS + 1], good, compat;
static uint64_t call_digest = FNV_START, result_digest = FNV_START;

static const char *const names[NR_FAMILIES + 1] = {
#define HYPERCALL(name, args, errors) [__HYPERVISOR_##name] = #name,
#include <allod/calls.h>
    [NR_FAMILIES] = "beyond all numbers",
};

static void add(uint64_t *digest, uint64_t word)
{
    *digest = (*digest ^ word) * FNV_PRIME;
}

void score_note(const struct call *c, int64_t result)
{
    family[c->nr < NR_FAMILIES ? c->nr : NR_FAMILIES]++;
    compat += c->compat;
    if (result >= 0)
        good++;
    else
        error[-result < (int64_t)NR_ERRORS ? -result : (int64_t)NR_ERRORS]++;
    add(&call_digest, c->nr);
    for (unsigned int i = 0; i < ARRAY_SIZE(c->arg); i++)
        add(&call_digest, c->arg[i]);
    add(&result_digest, (uint64_t)result);
}

void score_print(void)
{
    unsigned long unknown = 0;

    for (unsigned int i = 0; i <= NR_FAMILIES; i++)
        if (names[i])
            printf("# calls %s: %lu\n", names[i], family[i]);
        else
            unknown += family[i];
    printf("# calls of no such number: %lu\n# calls by 32-bit code: %lu\n", unknown, compat);
    printf("# results ok: %lu\n", good);
    for (unsigned int i = 0; i < NR_ERRORS; i++)
        if (error[i])
            printf("# results %s: %lu\n", strerror((int)i), error[i]);
    printf("# results beyond all errors: %lu\n# digest of calls %016lx, of results %016lx\n",
           error[NR_ERRORS], call_digest, result_digest);
}
