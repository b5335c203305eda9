/* SPDX-License-Identifier: MIT */
/* What guest/lib promises to several vCPUs: errno, the heap, locks, barriers. */
#include "vcpus.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>

#define ROUNDS    200
#define COUNTS    2000UL
#define MAX_BLOCK 300
#define NR_BLOCKS 16

static struct smp_barrier barrier;
static struct guest_lock lock;
static volatile uint64_t counter;

static void own_errno(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        errno = (int)smp_id() * ROUNDS + i;
        guest_yield();
        expect_equal("errno", errno, (int)smp_id() * ROUNDS + i);
    }
}

static void each_its_errno(void)
{
    run_everywhere(own_errno, NULL);
}

/* A read and a write that only the lock makes one. */
static void count(void *arg)
{
    (void)arg;
    for (uint64_t i = 0; i < COUNTS; i++) {
        guest_lock(&lock);
        counter = counter + 1;
        guest_unlock(&lock);
    }
}

static void lock_excludes(void)
{
    counter = 0;
    run_everywhere(count, NULL);
    expect_equal("counted under the lock", (int64_t)counter, (int64_t)(COUNTS * nr_vcpus));
}

static void rounds(void *arg)
{
    (void)arg;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
        smp_barrier_wait(&barrier);
        expect_equal("arrivals behind the barrier", (int64_t)counter, (int64_t)(i * nr_vcpus));
        smp_barrier_wait(&barrier);
    }
}

static void barrier_waits(void)
{
    counter = 0;
    smp_barrier_init(&barrier, nr_vcpus);
    run_everywhere(rounds, NULL);
}

/* Blocks of all sizes, each full of what its vCPU has written. */
static void use_heap(void *arg)
{
    unsigned char *block[NR_BLOCKS] = {0}, mark = (unsigned char)(0x11 * (smp_id() + 1));
    size_t size[NR_BLOCKS] = {0};

    (void)arg;
    for (unsigned int i = 0; i < ROUNDS * NR_BLOCKS; i++) {
        unsigned int n = i % NR_BLOCKS, wrong = 0;

        for (size_t k = 0; k < size[n]; k++)
            wrong += block[n][k] != mark;
        expect_equal("bytes of somebody else", wrong, 0);
        free(block[n]);
        size[n] = 1 + i * 37 % MAX_BLOCK;
        block[n] = malloc(size[n]);
        expect_equal("no memory", !block[n], 0);
        memset(block[n], mark, block[n] ? size[n] : 0);
    }
    for (unsigned int n = 0; n < NR_BLOCKS; n++)
        free(block[n]);
}

static void heap_is_shared(void)
{
    run_everywhere(use_heap, NULL);
}

const struct guest_case library[] = {
    {"each vCPU has its errno", each_its_errno},
    {"a lock excludes", lock_excludes},
    {"a barrier lets nobody through before the last", barrier_waits},
    {"the heap serves all", heap_is_shared},
    {0},
};
