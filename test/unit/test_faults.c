/* SPDX-License-Identifier: MIT */
/* A whole domain build, through hypercalls, with its Nth allocation failing, for every N there is: the call
 * that asked reports it, the build can go on or be given up, and nothing is lost. */
#include "caller.h"
#include "error.h"
#include "fault.h"
#include "page_list.h"
#include <xen/hvm/save.h>

#define EVERY  100000UL /* so many in a row are all of them */
#define POOL   40UL
#define VCPUS  3U
#define SHARED 0x10000UL /* gfn of the shared info page */

static domid_t domid;
static struct domain_mem *builder; /* the caller's */

/* ---- The build: each step returns what its hypercall returned; 0 is done, so is the count where one is due
 * ---- */

static int64_t create(void)
{
    struct xen_domctl op = create_args();
    int64_t rc;

    op.u.createdomain.max_vcpus = VCPUS;
    rc = domctl(XEN_DOMCTL_createdomain, 0, &op);
    domid = rc ? DOMID_INVALID : op.domain;
    return rc;
}

static int64_t pool(void)
{
    return set_pool(domid, POOL * PAGE_SIZE);
}

static int64_t max_mem(void)
{
    return set_max(domid, 4096);
}

static int64_t vcpus(void)
{
    struct xen_domctl op = {.u.max_vcpus.max = VCPUS};

    return domctl(XEN_DOMCTL_max_vcpus, domid, &op);
}

static int64_t affinity(void)
{
    uint8_t map = 2;
    struct xen_domctl op = {.u.nodeaffinity.nodemap = {{&map}, 8}};

    return domctl(XEN_DOMCTL_setnodeaffinity, domid, &op);
}

static int64_t memory_map(void)
{
    uint8_t entries[40] = {0};
    struct xen_foreign_memory_map m = {domid, {2, {entries}}};

    return hcall(__HYPERVISOR_memory_op, XENMEM_set_memory_map, ptr(&m), 0);
}

static int64_t claims(void)
{
    memory_claim_t set[] = {{530, 0, 0}, {9, 1, 0}, {20, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0}};

    return set_claims(domid, 3, set);
}

/* Go on where an earlier try stopped: 0 when all NR extents are there, else how many there are now. */
static int64_t populate_more(unsigned int *done, uint64_t first, unsigned int nr, unsigned int order,
                             nodeid_t node)
{
    *done += (unsigned int)populate(domid, first + ((uint64_t)*done << order), nr - *done, order,
                                    XENMEMF_exact_node(node));
    assert_true(*done <= nr);
    return *done == nr ? 0 : *done + 1;
}

static unsigned int large, middle, small, own;

static int64_t populate_large(void)
{
    return populate_more(&large, 512, 1, 9, 0);
}

static int64_t populate_middle(void)
{
    return populate_more(&middle, 0, 3, 2, 0);
}

static int64_t populate_small(void)
{
    return populate_more(&small, 0x40000, 12, 0, 1);
}

static int64_t vnuma(void)
{
    unsigned int distance[] = {10, 21, 21, 10}, vcpu_map[VCPUS] = {0, 1, 1}, node_map[] = {1, 0};
    xen_vmemrange_t ranges[] = {{0, 1 << 20, 0, 0}, {1 << 20, 2 << 20, 0, 1}};
    struct xen_domctl op = {.u.vnuma = {2, 2, VCPUS, 0, {distance}, {vcpu_map}, {node_map}, {ranges}}};

    return domctl(XEN_DOMCTL_setvnumainfo, domid, &op);
}

static int64_t shared_info(void)
{
    struct xen_add_to_physmap a = {.domid = domid, .space = XENMAPSPACE_shared_info, .gpfn = SHARED};

    return hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&a), 0);
}

/* The builder maps two of its pages, one of them out of the large extent, and unmaps them again. */
static int64_t foreign(void)
{
    xen_ulong_t idxs[] = {1, 600};
    xen_pfn_t gfns[] = {0x500000, 0x500200};
    int errs[2] = {1, 1};
    struct xen_add_to_physmap_batch b = {DOMID_SELF, XENMAPSPACE_gmfn_foreign, 2, {domid}, {idxs}, {gfns},
                                         {errs}};
    int64_t rc = hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, ptr(&b), 0);

    for (unsigned int i = 0; i < 2; i++) {
        struct xen_remove_from_physmap r = {DOMID_SELF, gfns[i]};

        assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, ptr(&r), 0),
                         errs[i] ? -ENOENT : 0);
        rc = rc ? rc : errs[i];
    }
    return rc;
}

/* One page out of the large extent: its mapping is split. */
static int64_t release(void)
{
    return info_of(domid).tot_pages == 535 || decrease(domid, 700, 1, 0) == 1 ? 0 : 1;
}

/* The domain itself asks for more. */
static int64_t populate_own(void)
{
    struct domain *d = domain_get(domid);
    xen_pfn_t gfns[] = {0x80000, 0x80001};
    struct xen_memory_reservation r = {{gfns + own}, 2 - own, 0, 0, DOMID_SELF};

    own += (unsigned int)host_hypercall(d->vcpu[0], __HYPERVISOR_memory_op, XENMEM_populate_physmap, ptr(&r),
                                        0, 0, 0, 0);
    domain_put(d);
    return own == 2 ? 0 : own + 1;
}

static int64_t context(void)
{
    struct {
        struct hvm_save_descriptor cpu;
        uint64_t state;
        struct hvm_save_descriptor end;
    } stream = {{HVM_SAVE_CODE(CPU), 0, 8}, 0, {HVM_SAVE_CODE(END), 0, 0}};
    struct xen_domctl op = {.u.hvmcontext = {sizeof(stream), {(uint8_t *)&stream}}};

    return domctl(XEN_DOMCTL_sethvmcontext, domid, &op);
}

static int64_t unclaim(void)
{
    return claim_node(domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0);
}

static int64_t unpause(void)
{
    struct xen_domctl op = {0};

    return domctl(XEN_DOMCTL_unpausedomain, domid, &op);
}

static const struct step {
    const char *name;
    int64_t (*run)(void);
    bool counts; /* a failure shows as fewer extents, not as an error */
} steps[] = {
    {"createdomain", create, false},
    {"set_paging_mempool_size", pool, false},
    {"max_mem", max_mem, false},
    {"max_vcpus", vcpus, false},
    {"setnodeaffinity", affinity, false},
    {"set_memory_map", memory_map, false},
    {"claim_memory", claims, false},
    {"populate_physmap order 9", populate_large, true},
    {"populate_physmap order 2", populate_middle, true},
    {"populate_physmap order 0", populate_small, true},
    {"setvnumainfo", vnuma, false},
    {"add_to_physmap", shared_info, false},
    {"add_to_physmap_batch", foreign, false},
    {"decrease_reservation", release, true},
    {"populate_physmap by itself", populate_own, true},
    {"sethvmcontext", context, false},
    {"claim_memory, none", unclaim, false},
    {"unpausedomain", unpause, false},
};

/* ---- What must be the same before and after ---- */

struct snapshot {
    struct heap_info heap;
    unsigned long builder_pool, builder_free;
    unsigned int nr_domains;
};

static struct snapshot look(void)
{
    struct snapshot s = {.builder_pool = builder->paging_total, .builder_free = builder->paging_free_count};
    struct domain *d;

    heap_info(&s.heap);
    s.heap.dirty_pages = 0; /* what was used and freed is dirty */
    for (domid_t next = 0; (d = domain_get_next(next)); s.nr_domains++) {
        next = (domid_t)(d->domid + 1);
        domain_put(d);
    }
    return s;
}

/* ---- One build ---- */

/* Once more until it is done: what failed was left as it was. Returns the step that failed first, or NULL. */
static const struct step *build(bool go_on)
{
    const struct step *failed = NULL;

    large = middle = small = own = 0;
    domid = DOMID_INVALID;
    for (const struct step *s = steps; s < steps + ARRAY_SIZE(steps); s++) {
        int64_t rc = s->run();

        if (rc && !failed)
            failed = s;
        if (rc && (s->counts ? rc < 0 : rc != -ENOMEM))
            fail_msg("%s: expected %s, saw %ld", s->name, s->counts ? "fewer extents" : "ENOMEM", (long)rc);
        if (rc && !go_on)
            return failed;
        if (rc)
            assert_int_equal(s->run(), 0);
    }
    return failed;
}

static void assert_built(void)
{
    struct xen_domctl_getdomaininfo info = info_of(domid);

    assert_int_equal(info.tot_pages, 512 + 12 + 12 - 1 + 2);
    assert_int_equal(info.outstanding_pages, 0);
    assert_int_equal(info.max_vcpu_id, VCPUS - 1);
    assert_int_equal(info.nr_online_vcpus, 1);
}

/* With TIMES allocations failing from the Nth on. False when the build was over before. */
static bool one(unsigned long n, unsigned long times, bool go_on, unsigned int *noticed)
{
    struct snapshot before = look(), after;
    const struct step *failed;
    unsigned long struck;

    fault_arm(n, times);
    failed = build(go_on);
    if (go_on || !failed)
        assert_built();
    *noticed += failed != NULL;
    if (domid != DOMID_INVALID)
        assert_int_equal(destroy(domid), 0);
    struck = fault_arm(0, 0);
    after = look();
    if (memcmp(&before, &after, sizeof(before)))
        fail_msg("allocation %lu: %lu pages free before, %lu after; %lu of %lu in the builder's pool, %lu of "
                 "%lu; %u "
                 "domains, %u",
                 n, before.heap.avail_pages, after.heap.avail_pages, before.builder_free, before.builder_pool,
                 after.builder_free, after.builder_pool, before.nr_domains, after.nr_domains);
    assert_true(struck || !failed);
    return struck;
}

static void sweep(unsigned long times, bool go_on)
{
    unsigned int noticed = 0;
    unsigned long n = 1;

    while (one(n, times, go_on, &noticed))
        n++;
    print_message("%lu allocations, each made to fail; %u of the failures reached the caller\n", n - 1,
                  noticed);
    assert_in_range(noticed, 30, n - 1);
}

static int setup_builder(void **state)
{
    setup(state);
    builder = &caller->domain->mem;
    assert_int_equal(set_pool(caller->domain->domid, POOL * PAGE_SIZE), 0);
    hypercall_checks = true; /* all invariants, and that the error is declared */
    return 0;
}

static int teardown_builder(void **state)
{
    hypercall_checks = false;
    return teardown(state);
}

static void the_build_goes_on(void **state UNUSED)
{
    sweep(1, true);
}

static void the_build_is_given_up(void **state UNUSED)
{
    sweep(1, false);
}

/* Giving up needs no memory. */
static void there_is_no_memory_any_more(void **state UNUSED)
{
    sweep(EVERY, false);
}

/* Also when another CPU took the last one since this one looked. */
static void nothing_fails_when_nothing_is_armed(void **state UNUSED)
{
    assert_int_equal(fault_arm(0, 1), 0);
    assert_false(fault_count("nothing"));
    assert_int_equal(fault_arm(0, 1), 0); /* and none was counted */
}

/* The debug sysctl counts as it says, and a release from the count is one. */
static void the_sysctl(void **state UNUSED)
{
    struct xen_sysctl op = {0};

    *allod_debug(&op) = (struct xen_sysctl_allod_debug){.op = ALLOD_DEBUG_FAIL, .nr_extents = 3, .times = 2};
    assert_int_equal(sysctl(XEN_SYSCTL_allod_debug, &op), 0);
    assert_int_equal(allod_debug(&op)->result, 0);
    for (unsigned int i = 1; i <= 6; i++) {
        void *p = alloc_xenheap_pages(0, NUMA_NO_NODE);

        assert_int_equal(p == NULL, i == 3 || i == 4);
        free_xenheap_pages(p, 0);
    }
    *allod_debug(&op) = (struct xen_sysctl_allod_debug){.op = ALLOD_DEBUG_FAIL, .nr_extents = 1};
    assert_int_equal(sysctl(XEN_SYSCTL_allod_debug, &op), 0);
    assert_int_equal(allod_debug(&op)->result, 2);
    *allod_debug(&op) = (struct xen_sysctl_allod_debug){.op = ALLOD_DEBUG_FAIL};
    assert_int_equal(sysctl(XEN_SYSCTL_allod_debug, &op), 0);
    assert_int_equal(allod_debug(&op)->result, 0);
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &(struct xen_domctl){0}), -EINVAL);
    assert_int_equal(destroy(new_domain()), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup_builder, teardown_builder)
    const struct CMUnitTest tests[] = {
        T(the_build_goes_on),
        T(the_build_is_given_up),
        T(there_is_no_memory_any_more),
        T(nothing_fails_when_nothing_is_armed),
        T(the_sysctl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
