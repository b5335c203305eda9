/* SPDX-License-Identifier: MIT */
/* For tests of the builder of guests: the library on the host, a machine, and what a guest would see. */
#pragma once

#include "caller.h"

#include "../../guest/lib/build.c"
#include "../../guest/lib/build_load.c"
#include "../../guest/lib/build_memory.c"
#include "../../guest/lib/build_plan.c"
#include "../../guest/lib/build_vnuma.c"
#include "../../guest/lib/claim_shortage.c"
#include "../../guest/lib/start_state.c"
#include "../../guest/lib/xc_claims.c"
#include "../../guest/lib/xc_core.c"
#include "../../guest/lib/xc_domain.c"
#include "../../guest/lib/xc_host.c"
#include "../../guest/lib/xc_hvm.c"
#include "../../guest/lib/xc_info.c"
#include "../../guest/lib/xc_maps.c"
#include "../../guest/lib/xc_memory.c"
#include "../../guest/lib/xc_nodes.c"
#include "../../guest/lib/xc_pages.c"
#include "../../guest/lib/xc_vcpu.c"
#include "../host/xen_call.c"
#include "acpi_wire.h"
#include "make_elf.h"

#define PAGES 2048UL /* of the domain that is built */
#define BASE  0x100000UL
#define ENTRY 0x100010UL

static xc_interface *xch;
static struct made_image image;
static char error[200];

/* ---- foreign mappings of a host program: a copy that goes back when it is unmapped ---- */

static struct {
    uint32_t dom;
    size_t pages;
    xen_pfn_t frames[CHUNK];
    uint8_t copy[CHUNK * XC_PAGE_SIZE];
} mapped;

static inline void *host_frame(size_t i)
{
    struct domain *d = domain_get((domid_t)mapped.dom);
    void *page = host_gfn_ptr(d, gfn(mapped.frames[i]));

    domain_put(d);
    return page;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger UNUSED,
                                               unsigned open_flags UNUSED)
{
    return (xenforeignmemory_handle *)&mapped;
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem UNUSED)
{
    return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem UNUSED, uint32_t dom, int prot UNUSED, size_t pages,
                           const xen_pfn_t arr[/*pages*/], int err[/*pages*/])
{
    assert_int_equal(mapped.pages, 0);
    assert_in_range(pages, 1, CHUNK);
    assert_null(err);
    mapped.dom = dom;
    memcpy(mapped.frames, arr, pages * sizeof(arr[0]));
    for (size_t i = 0; i < pages; i++) {
        if (!host_frame(i)) {
            errno = EINVAL;
            return NULL;
        }
        memcpy(mapped.copy + i * XC_PAGE_SIZE, host_frame(i), XC_PAGE_SIZE);
    }
    mapped.pages = pages;
    return mapped.copy;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem UNUSED, void *addr, size_t pages)
{
    assert_ptr_equal(addr, mapped.copy);
    assert_int_equal(pages, mapped.pages);
    for (size_t i = 0; i < pages; i++)
        memcpy(host_frame(i), mapped.copy + i * XC_PAGE_SIZE, XC_PAGE_SIZE);
    mapped.pages = 0;
    return 0;
}

/* ---- the fixture ---- */

static inline int setup_build(void **state)
{
    static const char code[] = "the code";
    struct made_note note = made_pvh_note(ENTRY);
    struct made_elf elf = made_new(false);

    made_add(&elf, PT_LOAD, BASE, sizeof(code), 3 * XC_PAGE_SIZE, code);
    made_add(&elf, PT_NOTE, 0, sizeof(note), sizeof(note), &note);
    image = made_image(&elf);
    error[0] = 0;
    setup(state);
    xch = xc_interface_open(NULL, NULL, 0);
    return 0;
}

static inline int teardown_build(void **state)
{
    xc_interface_close(xch);
    free(image.data);
    image = (struct made_image){0};
    return teardown(state);
}

static inline struct guest_build_config config_of(const struct xen_memory_claim *claims, unsigned int nr)
{
    return (struct guest_build_config){
        .name = "it",
        .image = image.data,
        .image_size = image.size,
        .cmdline = "some words",
        .pages = PAGES,
        .vcpus = 1,
        .nr_claims = nr,
        .claims = claims,
    };
}

static inline uint32_t build(const struct guest_build_config *config)
{
    uint32_t domid = DOMID_INVALID;

    if (guest_build(xch, config, &domid, error, sizeof(error)))
        fail_msg("expected a domain, got %s", error);
    return domid;
}

/* It is refused with this errno and these words, and the host is as before. */
static inline void assert_refused(const struct guest_build_config *config, int err, const char *words)
{
    xc_claiminfo_t before, after;
    unsigned int nr = 0;
    uint32_t domid;

    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &before), 0);
    assert_int_equal(guest_build(xch, config, &domid, error, sizeof(error)), -1);
    if (errno != err || !strstr(error, words))
        fail_msg("expected %s and \"%s\", got %s and \"%s\"", strerror(err), words, strerror(errno), error);
    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &after), 0);
    assert_int_equal(after.free, before.free);
    assert_int_equal(after.claimed, before.claimed);
}

/* Of its RAM. */
static inline uint64_t pages_on(uint32_t domid, uint32_t node)
{
    struct xen_domain_map_run runs[64];
    uint64_t gfn = 0, pages = 0;

    while (gfn != ~0UL) {
        int nr = xc_domain_map_runs(xch, domid, &gfn, ARRAY_SIZE(runs), runs);

        assert_true(nr >= 0);
        for (int i = 0; i < nr; i++)
            pages += runs[i].node == node && runs[i].gfn < PAGES ? runs[i].nr_pages : 0;
    }
    return pages;
}
