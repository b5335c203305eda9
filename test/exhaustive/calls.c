/* SPDX-License-Identifier: MIT */
/* Claims through hypercalls of a hostile guest: what was fetched is another thing the moment after, numbers
 * are out of all proportion, and what comes back is compared with its padding. */
#include "hostile.h"

#include "domctl.h"
#include "heap.h"
#include "host.h"
#include "hypercall.h"
#include "machine.h"
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/memory.h>
#include <xen/sysctl.h>

#define HOST       XEN_DOMCTL_CLAIM_MEMORY_HOST
#define LEGACY     XEN_DOMCTL_CLAIM_MEMORY_LEGACY
#define NODE_PAGES 2048UL
#define MAX_PAGES  1500UL
#define DOMID      1
#define GARBAGE    0xa5

static struct vcpu *caller;
static unsigned long calls_made;
static char what[256]; /* is being done, for the report */

void broken(const char *fmt, ...)
{
    va_list args;

    printf("CAUGHT ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\nSEARCHED %lu calls\nSEQUENCE\n    %s\n", calls_made, what);
    exit(1);
}

/* What the hypervisor finds on its stack when it looks before it writes. */
static NOINLINE void soil_stack(void)
{
    volatile uint8_t garbage[16384];

    for (unsigned int i = 0; i < sizeof(garbage); i++)
        garbage[i] = GARBAGE;
}

static int64_t call(uint64_t nr, uint64_t a0, uint64_t a1)
{
    int64_t rc;

    calls_made++;
    soil_stack();
    hostile_begin();
    rc = host_hypercall(caller, nr, a0, a1, 0, 0, 0, 0);
    hostile_end();
    if (!heap_check())
        broken("heap_check: it says that an invariant is broken");
    return rc;
}

static int64_t domctl(uint32_t cmd, struct xen_domctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = DOMID;
    return call(__HYPERVISOR_domctl, (uintptr_t)op, 0);
}

static int64_t claim_memory(uint32_t mode, uint32_t nr, memory_claim_t *set, uint32_t *nr_out)
{
    struct xen_domctl op = {0};
    struct xen_domctl_claim_memory *cm = allod_claim_memory(&op);
    int64_t rc;

    set_xen_guest_handle_raw(cm->claim_set, set);
    cm->nr_entries = nr;
    cm->mode = mode;
    rc = domctl(XEN_DOMCTL_claim_memory, &op);
    if (nr_out)
        *nr_out = cm->nr_entries;
    return rc;
}

/* ---- Reading back: every byte of it ---- */

struct claims {
    unsigned long node[2], host;
};

static unsigned int expected_set(const struct claims *c, memory_claim_t *set)
{
    unsigned int nr = 0;

    memset(set, 0, 3 * sizeof(*set));
    set[nr].target = HOST;
    set[nr++].pages = c->host;
    for (uint32_t n = 0; n < 2; n++)
        if (c->node[n]) {
            set[nr].target = n;
            set[nr++].pages = c->node[n];
        }
    return nr;
}

static void check_get(const struct claims *c)
{
    memory_claim_t want[3], seen[4];
    unsigned int nr = expected_set(c, want);
    uint32_t nr_seen;

    hostile_mode(HOSTILE_NO);
    for (uint32_t room = 0; room <= 4; room++) {
        int64_t rc, want_rc = room < nr ? -ERANGE : 0;

        memset(seen, GARBAGE, sizeof(seen));
        rc = claim_memory(XEN_DOMCTL_CLAIM_MEMORY_GET, room, seen, &nr_seen);
        if (rc != want_rc || nr_seen != nr)
            broken("get: expected %ld and %u entries, seen %ld and %u", want_rc, nr, rc, nr_seen);
        if (rc == 0 && memcmp(want, seen, nr * sizeof(want[0])))
            broken(
                "get: entries or padding: expected host:%lu 0:%lu 1:%lu, zeros between; seen %#lx for %#x, "
                "reserved %#x",
                c->host, c->node[0], c->node[1], seen[0].pages, seen[0].target, seen[0].cmd);
        for (size_t i = rc ? 0 : nr * sizeof(want[0]); i < sizeof(seen); i++)
            if (((uint8_t *)seen)[i] != GARBAGE)
                broken("get: byte %zu behind %u entries was written", i, rc ? 0 : nr);
    }
}

static void check_claiminfo(const struct claims *c, unsigned long owned)
{
    struct {
        struct xen_sysctl op;
        xen_claiminfo_node_t nodes[2];
    } s;
    const struct xen_sysctl_claiminfo *info = allod_claiminfo(&s.op);
    struct xen_sysctl_claiminfo *in = allod_claiminfo(&s.op);

    memset(&s, GARBAGE, sizeof(s));
    s.op.cmd = XEN_SYSCTL_claiminfo;
    s.op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    in->nr_nodes = 2;
    set_xen_guest_handle_raw(in->nodes, s.nodes);
    if (call(__HYPERVISOR_sysctl, (uintptr_t)&s.op, 0))
        broken("claiminfo: it fails");
    if (info->pad)
        broken("claiminfo: its padding is %#x", info->pad);
    if (info->claimed != c->host + c->node[0] + c->node[1] || info->claimed > info->free ||
        info->free != s.nodes[0].free + s.nodes[1].free || info->total < info->free + owned)
        broken("claiminfo: %lu claimed, %lu free", info->claimed, info->free);
    for (unsigned int n = 0; n < 2; n++)
        if (s.nodes[n].claimed != c->node[n])
            broken("claiminfo: expected %lu claimed on node %u, seen %lu", c->node[n], n, s.nodes[n].claimed);
}

/* ---- Installing ---- */

#define MANY 67
static const struct set_case {
    const char *name;
    int64_t rc;
    uint32_t nr;
    memory_claim_t set[3];
    struct claims after; /* when it succeeds */
} cases[] = {
    {"host:0", 0, 1, {{0, HOST, 0}}, {{0, 0}, 0}},
    {"host:5", 0, 1, {{5, HOST, 0}}, {{0, 0}, 5}},
    {"0:3 1:4 host:5", 0, 3, {{3, 0, 0}, {4, 1, 0}, {5, HOST, 0}}, {{3, 4}, 5}},
    {"1:1500", 0, 1, {{MAX_PAGES, 1, 0}}, {{0, MAX_PAGES}, 0}},
    {"0:1000 1:500", 0, 2, {{1000, 0, 0}, {500, 1, 0}}, {{1000, 500}, 0}},
    {"0:1000 1:501", -EINVAL, 2, {{1000, 0, 0}, {501, 1, 0}}, {}},
    {"host:1501", -EINVAL, 1, {{MAX_PAGES + 1, HOST, 0}}, {}},
    {"0:2049", -ENOMEM, 1, {{NODE_PAGES + 1, 0, 0}}, {}},
    {"0:2^32", -ENOMEM, 1, {{1UL << 32, 0, 0}}, {}},
    {"0:2^64-1", -ENOMEM, 1, {{~0UL, 0, 0}}, {}},
    {"host:2^32", -EINVAL, 1, {{1UL << 32, HOST, 0}}, {}},
    {"host:2^32+1", -EINVAL, 1, {{(1UL << 32) + 1, HOST, 0}}, {}},
    {"0:2 host:2^64-1", -EINVAL, 2, {{2, 0, 0}, {~0UL, HOST, 0}}, {}},
    {"host:2^63 0:1", -EINVAL, 2, {{1UL << 63, HOST, 0}, {1, 0, 0}}, {}},
    {"2:1", -ENOENT, 1, {{1, 2, 0}}, {}},
    {"64:1", -ENOENT, 1, {{1, 64, 0}}, {}},
    {"255:1", -ENOENT, 1, {{1, 255, 0}}, {}},
    {"256:1", -ENOENT, 1, {{1, 256, 0}}, {}},
    {"0x10001:1", -ENOENT, 1, {{1, 0x10001, 0}}, {}},
    {"0x7fffffff:1", -ENOENT, 1, {{1, 0x7fffffff, 0}}, {}},
    {"host|1:1", -ENOENT, 1, {{1, HOST | 1, 0}}, {}},
    {"0:1 0:1", -EINVAL, 2, {{1, 0, 0}, {1, 0, 0}}, {}},
    {"host:1 host:1", -EINVAL, 2, {{1, HOST, 0}, {1, HOST, 0}}, {}},
    {"legacy:1 0:1", -EINVAL, 2, {{1, LEGACY, 0}, {1, 0, 0}}, {}},
    {"0:1 with a reserved field", -EINVAL, 1, {{1, 0, 1}}, {}},
    {"no entries", -EINVAL, 0, {{1, 0, 0}}, {}},
    {"66 entries", -E2BIG, 66, {{1, 0, 0}}, {}},
    {"257 entries", -E2BIG, 257, {{1, 0, 0}}, {}},
    {"2^32-1 entries", -E2BIG, ~0U, {{1, 0, 0}}, {}},
};

/* What is claimed before: each case replaces it, or leaves it as it is. */
static const struct claims before[] = {{{0, 0}, 0}, {{0, 0}, 7}, {{2, 3}, 4}};

static void install(const struct claims *c)
{
    memory_claim_t set[3];
    unsigned int nr = expected_set(c, set);

    hostile_mode(HOSTILE_NO);
    if (claim_memory(XEN_DOMCTL_CLAIM_MEMORY_SET, nr, set, NULL))
        broken("set: host:%lu 0:%lu 1:%lu is refused", c->host, c->node[0], c->node[1]);
}

static void try_case(const struct set_case *t, const struct claims *first, enum hostile_mode mode)
{
    memory_claim_t set[MANY];
    int64_t rc;

    snprintf(what, sizeof(what), "claimed: host:%lu 0:%lu 1:%lu; then SET %s; what was fetched %s",
             first->host, first->node[0], first->node[1], t->name, hostile_name(mode));
    install(first);
    memset(set, 0, sizeof(set));
    memcpy(set, t->set, sizeof(t->set));
    hostile_mode(mode);
    rc = claim_memory(XEN_DOMCTL_CLAIM_MEMORY_SET, t->nr, set, NULL);
    if (rc != t->rc)
        broken("set: expected %ld, seen %ld", t->rc, rc);
    check_get(rc ? first : &t->after);
    check_claiminfo(rc ? first : &t->after, 0);
}

static void try_legacy(uint64_t pages, int64_t want, const struct claims *first, enum hostile_mode mode)
{
    struct xen_memory_reservation r = {.nr_extents = pages, .domid = DOMID};
    struct claims after = {.host = pages};
    int64_t rc;

    snprintf(what, sizeof(what), "claimed: host:%lu 0:%lu 1:%lu; then claim_pages %#lx; what was fetched %s",
             first->host, first->node[0], first->node[1], pages, hostile_name(mode));
    install(first);
    hostile_mode(mode);
    rc = call(__HYPERVISOR_memory_op, XENMEM_claim_pages, (uintptr_t)&r);
    if (pages && first->host + first->node[0] + first->node[1])
        want = -EINVAL;
    if (rc != want)
        broken("claim_pages: expected %ld, seen %ld", want, rc);
    check_get(rc ? first : &after);
}

static void make_domain(void)
{
    struct xen_domctl op = {0};

    op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
    op.u.createdomain.max_vcpus = 1;
    if (domctl(XEN_DOMCTL_createdomain, &op))
        broken("createdomain: it fails");
    memset(&op, 0, sizeof(op));
    op.u.max_mem.max_memkb = MAX_PAGES * 4;
    if (domctl(XEN_DOMCTL_max_mem, &op))
        broken("max_mem: it fails");
}

int main(void)
{
    static const unsigned long pages[] = {NODE_PAGES, NODE_PAGES};
    static const struct {
        uint64_t pages;
        int64_t rc;
    } legacy[] = {{0, 0},
                  {1, 0},
                  {MAX_PAGES, 0},
                  {MAX_PAGES + 1, -EINVAL},
                  {1UL << 32, -EINVAL},
                  {~0UL >> 6, -EINVAL},
                  {(1UL << 32) + 1, -EINVAL},
                  {~0UL, -EINVAL}};

    machine_create_nodes(2, pages);
    caller = host_boot(true);
    make_domain();
    for (unsigned int b = 0; b < ARRAY_SIZE(before); b++)
        for (enum hostile_mode mode = 0; mode < HOSTILE_MODES; mode++) {
            for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
                try_case(&cases[i], &before[b], mode);
            for (unsigned int i = 0; i < ARRAY_SIZE(legacy); i++)
                try_legacy(legacy[i].pages, legacy[i].rc, &before[b], mode);
        }
    host_shutdown();
    machine_destroy();
    printf("HOLDS %lu calls\n", calls_made);
    return 0;
}
