/* SPDX-License-Identifier: MIT */
/* The judge builds the pair, leads it from stage to stage, and counts the memory before and after. */
#include "isolation.h"
#include <errno.h>
#include <guest_build.h>
#include <stdio.h>
#include <string.h>

#define IMAGE        "isolation.elf"
#define PROBER_LIMIT (3UL << 30) /* bytes: all that there is */
#define PROBER_POOL  (4 * MiB)

struct sums {
    uint64_t total, free, claimed;
};

static struct sums count_memory(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_claiminfo};
    const struct xen_sysctl_claiminfo *info = allod_claiminfo(&op);

    if (xc_sysctl(NULL, &op))
        case_equal(role, "memory is counted", 0, -errno);
    return (struct sums){info->total, info->free, info->claimed};
}

static bool build(xc_interface *xch, const char *words, uint64_t bytes, uint32_t *domid)
{
    const struct guest_module *image = guest_module(IMAGE);
    struct guest_build_config config = {.name = words, .cmdline = words, .pages = PAGES(bytes), .vcpus = 1};
    char error[200] = "no module " IMAGE;

    if (image) {
        config.image = image->data;
        config.image_size = image->size;
    }
    if (image && guest_build(xch, &config, domid, error, sizeof(error)) == 0)
        return true;
    printf("# %s\n", error);
    case_equal(role, "the pair is built", 0, -1);
    return false;
}

static bool has_ended(xc_interface *xch, uint32_t domid, int64_t *reason)
{
    xc_dominfo_t info;

    *reason = -1;
    if (xc_domain_getinfo(xch, domid, 1, &info) != 1 || info.domid != domid)
        return true;
    *reason = info.crashed ? SHUTDOWN_crash : (int64_t)info.shutdown_reason;
    return info.crashed || info.shutdown;
}

static void wait_for_stage(xc_interface *xch, const char *what, uint32_t domid, uint64_t stage)
{
    uint64_t seen = 0;
    int64_t reason;

    while (seen < stage && !has_ended(xch, domid, &reason)) {
        if (xc_hvm_param_get(xch, domid, STAGE_PARAM, &seen))
            break;
        guest_block();
    }
    case_equal(role, what, (int64_t)stage, (int64_t)seen);
}

static void give_word(xc_interface *xch, uint32_t domid, uint64_t word)
{
    xc_hvm_param_set(xch, domid, WORD_PARAM, word);
}

static uint64_t searched(xc_interface *xch, uint32_t domid)
{
    uint64_t pages = 0;

    xc_hvm_param_get(xch, domid, PAGES_PARAM, &pages);
    return pages;
}

static void wait_for_end(xc_interface *xch, const char *what, uint32_t domid)
{
    int64_t reason;

    while (!has_ended(xch, domid, &reason))
        guest_block();
    case_equal(role, what, SHUTDOWN_poweroff, reason);
}

static bool start_prober(xc_interface *xch, uint32_t holder_domid, uint32_t *domid)
{
    char words[40];

    snprintf(words, sizeof(words), "prober %u", holder_domid);
    if (!build(xch, words, PROBER_SIZE, domid))
        return false;
    return xc_set_paging_mempool_size(xch, *domid, PROBER_POOL) == 0 &&
           xc_domain_setmaxmem(xch, *domid, PROBER_LIMIT >> 10) == 0;
}

/* Everything that is free is searched, first while the holder has its secret, then after its end. */
static void lead(xc_interface *xch, uint32_t holding, uint32_t probing)
{
    uint64_t free = count_memory().free;

    xc_domain_unpause(xch, probing);
    wait_for_stage(xch, "the prober has tried everything", probing, 1);
    case_equal(role, "it had all free memory", (int64_t)free, (int64_t)searched(xch, probing));
    give_word(xch, holding, 1);
    wait_for_stage(xch, "the holder found its memory unchanged", holding, 2);
    case_equal(role, "the holder is destroyed", 0, xc_domain_destroy(xch, holding));
    free = count_memory().free;
    give_word(xch, probing, 1);
    wait_for_stage(xch, "the prober has searched again", probing, 2);
    case_equal(role, "it had the holder's memory, too", (int64_t)free, (int64_t)searched(xch, probing));
    give_word(xch, probing, 2);
    wait_for_end(xch, "the prober has found nothing", probing);
    xc_domain_destroy(xch, probing);
}

static void judge_pair(xc_interface *xch)
{
    uint32_t holding, probing;

    if (!build(xch, "holder", HOLDER_SIZE, &holding))
        return;
    xc_domain_unpause(xch, holding);
    wait_for_stage(xch, "the holder has given half of its memory back", holding, 1);
    if (start_prober(xch, holding, &probing))
        lead(xch, holding, probing);
}

int judge(xc_interface *xch)
{
    struct sums before = count_memory(), after;

    judge_table(xch);
    judge_pair(xch);
    after = count_memory();
    case_equal(role, "as many pages as before", (int64_t)before.total, (int64_t)after.total);
    case_equal(role, "as many are free", (int64_t)before.free, (int64_t)after.free);
    case_equal(role, "as many are claimed", (int64_t)before.claimed, (int64_t)after.claimed);
    return cases_end();
}
