/* SPDX-License-Identifier: MIT */
/* Two CPUs compare their TSCs: one asks, the other reads its own and answers. */
#include "tsc_sync.h"
#include "arch.h"
#include "insn.h"

#define MAX_ROUNDS 16U
#define ASK_NS     1000000UL /* on an emulator a round may take longer than this: then it is the only one */
#define THE_END    UINT32_MAX

static uint32_t question, answer; /* numbers of rounds; atomic */
static uint64_t theirs;

void tsc_sync_reset(void)
{
    question = answer = 0;
}

static bool ask(uint32_t round, uint64_t deadline, int64_t *error)
{
    uint64_t before = rdtsc();

    __atomic_store_n(&question, round, __ATOMIC_RELEASE);
    while (__atomic_load_n(&answer, __ATOMIC_ACQUIRE) != round) {
        if (arch_now() > deadline)
            return false;
        cpu_pause();
    }
    *error = tsc_worse(*error, tsc_error(before, theirs, rdtsc()));
    return true;
}

bool tsc_sync_ask(uint64_t ns, int64_t *error)
{
    uint64_t start = arch_now();

    *error = 0;
    for (uint32_t round = 1; round <= MAX_ROUNDS && (round == 1 || arch_now() - start < ASK_NS); round++)
        if (!ask(round, start + ns, error))
            return false;
    __atomic_store_n(&question, THE_END, __ATOMIC_RELEASE);
    return true;
}

void tsc_sync_answer(void)
{
    uint32_t asked, answered = 0;

    while ((asked = __atomic_load_n(&question, __ATOMIC_ACQUIRE)) != THE_END) {
        if (asked == answered) {
            cpu_pause();
            continue;
        }
        theirs = rdtsc();
        answered = asked;
        __atomic_store_n(&answer, answered, __ATOMIC_RELEASE);
    }
}
