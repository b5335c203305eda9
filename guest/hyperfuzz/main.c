/* SPDX-License-Identifier: MIT */
/* The command line, the loop of calls, and the report in TAP.
 *
 * seed=N count=N: make the calls. watch: only watch domain 0 and own memory until it ends. watch runs=N:
 * build N unprivileged domains, one after the other, that make the calls, with seeds from N on. */
#include "hyperfuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EFAULT_RESULT 14
#define LOOK_EVERY    1024

static unsigned int nr_tests;
static bool failed;

static void tap(bool good, const char *what)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++nr_tests, what);
    failed |= !good;
}

static bool is_privileged(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo};

    return xc_sysctl(NULL, &op) == 0;
}

/* Nothing that is for privileged callers may ever succeed for others, whatever it is. */
static bool is_right(const struct call *c, int64_t result, bool privileged)
{
    if (privileged || result < 0)
        return true;
    return c->nr != __HYPERVISOR_sysctl && c->nr != __HYPERVISOR_domctl;
}

static int64_t make(const struct call *c)
{
    return c->compat ? call_enter_32(c, space_root()) : call_enter(c, space_root());
}

static void run(uint64_t count, bool privileged)
{
    bool intact = true, right = true;
    struct call c;

    for (uint64_t i = 0; i < count; i++) {
        int64_t result;

        do
            call_make_up(&c, privileged);
        while (!is_safe(&c));
        result = make(&c);
        score_note(&c, result);
        domains_note(&c, result);
        if (!is_right(&c, result, privileged))
            printf("# call %lu, operation %#lx: %ld\n", c.nr, c.arg[0], result);
        right &= is_right(&c, result, privileged);
        if (i % LOOK_EVERY == 0)
            intact &= space_intact();
    }
    printf("\n"); /* behind whatever was written to the console */
    score_print();
    tap(true, "all calls came back");
    tap(intact && space_intact(), "nothing was written where nothing may be");
    tap(right, "nothing succeeded without privilege");
}

static void print_sum(const char *when, const struct memory_sum *sum)
{
    printf("# pages %s: total %lu free %lu claimed %lu own %lu bystanders' %lu\n", when, sum->total,
           sum->free, sum->claimed, sum->own, sum->bystanders);
}

static void check_memory(const struct memory_sum *before)
{
    struct memory_sum after = {0};
    bool good;

    clean_up();
    good = memory_sum(&after);
    good &= after.total == before->total && after.claimed == before->claimed &&
            after.free + after.own == before->free + before->own;
    print_sum("before", before);
    print_sum("after", &after);
    tap(after.bystanders == before->bystanders, "bystanders have all that they had");
    tap(good, "all memory is back");
}

/* The last call of all ends this domain, so here only one that cannot. */
static void check_shutdown(void)
{
    struct call c = {.nr = __HYPERVISOR_sched_op, .arg = {SCHEDOP_shutdown, 0xffff800000000000}};

    tap(make(&c) == -EFAULT_RESULT, "a shutdown that cannot be read is none");
}

static int fuzz(uint64_t seed, uint64_t count)
{
    struct memory_sum before = {0};
    bool privileged = is_privileged();

    printf("# %lu calls, seed %lu, %sprivileged\n", count, seed, privileged ? "" : "un");
    space_init();
    call_init();
    random_seed(seed);
    safety_init(privileged);
    if (privileged && !memory_sum(&before))
        tap(false, "the memory can be counted");
    run(count, privileged);
    if (privileged)
        check_memory(&before);
    check_shutdown();
    printf("1..%u\n", nr_tests);
    return failed;
}

static uint64_t number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    size_t n = strlen(name);

    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], name, n) && argv[i][n] == '=')
            return strtoul(argv[i] + n + 1, NULL, 0);
    return otherwise;
}

int main(int argc, char **argv)
{
    uint64_t seed = number(argc, argv, "seed", 1), count = number(argc, argv, "count", 10000);

    if (argc > 1 && !strcmp(argv[1], "watch"))
        return watch(seed, count, (unsigned int)number(argc, argv, "runs", 0));
    return fuzz(seed, count);
}
