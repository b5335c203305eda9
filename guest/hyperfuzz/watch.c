/* SPDX-License-Identifier: MIT */
/* The bystander: it watches its own memory, and over domains that make calls without privilege. Each of those
 * is built, ends by itself, is destroyed, and has cost nothing then. */
#include "hyperfuzz.h"
#include <guest_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCHED   (4UL << 20) /* bytes */
#define STEP      (64UL << 10)
#define CHILD     (16UL << 20 >> PAGE_SHIFT)
#define PATTERN   0xa5c3f00dfeedbeefUL
#define BOOT_PEER 0U /* the domain before this one in allod.cfg */

static uint64_t *memory;
static unsigned int nr_tests;
static bool failed;

static void tap(bool good, const char *what, uint64_t seed)
{
    printf("%sok %u - %s, seed %lu\n", good ? "" : "not ", ++nr_tests, what, seed);
    failed |= !good;
}

static bool fill_memory(void)
{
    memory = malloc(WATCHED);
    for (size_t i = 0; memory && i < WATCHED / 8; i++)
        memory[i] = PATTERN + i;
    return memory != NULL;
}

static bool is_unchanged(size_t from, size_t bytes)
{
    for (size_t i = from / 8; i < (from + bytes) / 8; i++)
        if (memory[i] != PATTERN + i)
            return false;
    return true;
}

/* Wait for the domain's end; returns why it ended, -1 if it is not there. */
static int wait_for(uint32_t domid, bool *unchanged)
{
    xc_dominfo_t info;

    for (size_t at = 0;; at = (at + STEP) % WATCHED) {
        if (xc_domain_getinfo(NULL, domid, 1, &info) != 1 || info.domid != domid)
            return -1;
        if (info.shutdown || info.crashed)
            return (int)info.shutdown_reason;
        *unchanged &= is_unchanged(at, STEP);
        guest_block();
    }
}

static int build(uint64_t seed, uint64_t count, uint32_t *domid)
{
    const struct guest_module *image = guest_module("hyperfuzz.elf");
    char cmdline[80], error[200] = "no module hyperfuzz.elf";
    struct guest_build_config config = {
        .name = "unprivileged", .cmdline = cmdline, .pages = CHILD, .vcpus = 1};
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    snprintf(cmdline, sizeof(cmdline), "seed=%lu count=%lu", seed, count);
    if (image) {
        config.image = image->data;
        config.image_size = image->size;
    }
    if (!xch || !image || guest_build(xch, &config, domid, error, sizeof(error))) {
        printf("# %s\n", error);
        return -1;
    }
    return xc_domain_unpause(xch, *domid) | xc_interface_close(xch);
}

static bool claiminfo(struct xen_sysctl *op)
{
    *op = (struct xen_sysctl){.cmd = XEN_SYSCTL_claiminfo};
    return xc_sysctl(NULL, op) == 0;
}

static bool is_same(struct xen_sysctl *a, struct xen_sysctl *b)
{
    const struct xen_sysctl_claiminfo *x = allod_claiminfo(a), *y = allod_claiminfo(b);

    printf("# pages before: total %lu free %lu claimed %lu; after: total %lu free %lu claimed %lu\n",
           x->total, x->free, x->claimed, y->total, y->free, y->claimed);
    return x->total == y->total && x->free == y->free && x->claimed == y->claimed;
}

static void watch_child(uint64_t seed, uint64_t count)
{
    struct xen_sysctl before, after;
    bool unchanged = true, good = claiminfo(&before);
    uint32_t domid;

    if (!good || build(seed, count, &domid)) {
        tap(false, "a domain is built", seed);
        return;
    }
    tap(wait_for(domid, &unchanged) == SHUTDOWN_poweroff, "it powered off", seed);
    tap(unchanged && is_unchanged(0, WATCHED), "other domains' memory is unchanged", seed);
    good = xc_domain_destroy(NULL, domid) == 0 && claiminfo(&after);
    tap(good && is_same(&before, &after), "all memory is back", seed);
}

int watch(uint64_t seed, uint64_t count, unsigned int runs)
{
    bool unchanged = true;

    if (!fill_memory())
        return 1;
    for (unsigned int i = 0; i < runs; i++)
        watch_child(seed + i, count);
    if (!runs) {
        tap(wait_for(BOOT_PEER, &unchanged) == SHUTDOWN_poweroff, "it powered off", seed);
        tap(unchanged && is_unchanged(0, WATCHED), "other domains' memory is unchanged", seed);
    }
    printf("1..%u\n", nr_tests);
    return failed;
}
