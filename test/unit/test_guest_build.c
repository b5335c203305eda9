/* SPDX-License-Identifier: MIT */
/* The domain builder of guest/lib against the real hypervisor: what it builds, that a host whose memory is
 * all claimed can still finish a build, and that a build which fails leaves nothing behind. */
#include "caller.h"

#include "../../guest/lib/build.c"
#include "../../guest/lib/build_load.c"
#include "../../guest/lib/build_memory.c"
#include "../../guest/lib/build_plan.c"
#include "../../guest/lib/build_vnuma.c"
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

static void *host_frame(size_t i)
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

static int setup_build(void **state)
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

static int teardown_build(void **state)
{
    xc_interface_close(xch);
    free(image.data);
    image = (struct made_image){0};
    return teardown(state);
}

static struct guest_build_config config_of(const struct xen_memory_claim *claims, unsigned int nr)
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

static uint32_t build(const struct guest_build_config *config)
{
    uint32_t domid = DOMID_INVALID;

    if (guest_build(xch, config, &domid, error, sizeof(error)))
        fail_msg("expected a domain, got %s", error);
    return domid;
}

/* It is refused with this errno and these words, and the host is as before. */
static void assert_refused(const struct guest_build_config *config, int err, const char *words)
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
static uint64_t pages_on(uint32_t domid, uint32_t node)
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

static const void *guest_data(uint32_t domid, uint64_t gpa)
{
    struct domain *d = domain_get((domid_t)domid);
    const char *page = host_gfn_ptr(d, gfn(gpa >> PAGE_SHIFT));

    domain_put(d);
    assert_non_null(page);
    return page + gpa % PAGE_SIZE;
}

/* ---- what is built ---- */

static void test_everything_is_in_place(void **state UNUSED)
{
    static const char file[] = "contents";
    const struct guest_build_module module = {"file.txt", file, sizeof(file)};
    struct xen_memory_claim claims[] = {{1024, 1, 0}, {1024, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0}};
    struct guest_build_config config = config_of(claims, 2);
    const struct hvm_start_info *info;
    const struct hvm_modlist_entry *list;
    struct guest_start_state context;
    uint32_t domid;

    config.modules = &module;
    config.nr_modules = 1;
    domid = build(&config);
    assert_int_equal(xc_get_tot_pages(xch, domid), PAGES + 1); /* for ACPI tables */
    assert_int_equal(guest_build_extra(&config), 1);
    assert_in_range(pages_on(domid, 1), 1024, PAGES);
    assert_int_equal(info_of((domid_t)domid).outstanding_pages, 0);
    assert_int_equal(info_of((domid_t)domid).flags & XEN_DOMINF_paused, XEN_DOMINF_paused);

    assert_string_equal(guest_data(domid, BASE), "the code");
    assert_int_equal(xc_domain_hvm_getcontext(xch, domid, (uint8_t *)&context, sizeof(context)),
                     sizeof(context));
    assert_int_equal(context.cpu.rip, ENTRY);
    info = guest_data(domid, context.cpu.rbx);
    assert_int_equal(info->magic, XEN_HVM_START_MAGIC_VALUE);
    assert_string_equal(guest_data(domid, info->cmdline_paddr), "some words");
    assert_int_equal(info->nr_modules, 1);
    list = guest_data(domid, info->modlist_paddr);
    assert_string_equal(guest_data(domid, list->cmdline_paddr), "file.txt");
    assert_string_equal(guest_data(domid, list->paddr), file);
}

/* The tables are where the start information says. */
static const struct acpi_rsdp *rsdp_of(uint32_t domid)
{
    struct guest_start_state context;
    const struct hvm_start_info *info;
    const struct acpi_rsdp *rsdp;

    assert_true(xc_domain_hvm_getcontext(xch, domid, (uint8_t *)&context, sizeof(context)) > 0);
    info = guest_data(domid, context.cpu.rbx);
    rsdp = guest_data(domid, info->rsdp_paddr);
    assert_memory_equal(rsdp->signature, "RSD PTR ", 8);
    return rsdp;
}

/* The table with this signature, NULL if the XSDT has none. */
static const struct acpi_header *table_of(uint32_t domid, const char *signature)
{
    const struct acpi_header *xsdt = guest_data(domid, rsdp_of(domid)->xsdt), *found = NULL;
    uint64_t at;

    for (uint32_t i = sizeof(*xsdt); i < xsdt->length; i += sizeof(at)) {
        memcpy(&at, (const char *)xsdt + i, sizeof(at));
        if (!memcmp(guest_data(domid, at), signature, 4))
            found = guest_data(domid, at);
    }
    return found;
}

static void test_no_virtual_nodes(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{1024, 1, 0}, {1024, 0, 0}};
    struct guest_build_config config = config_of(claims, 2);
    const struct acpi_header *madt;
    uint32_t domid;

    config.vcpus = 3;
    domid = build(&config);
    madt = table_of(domid, "APIC");
    assert_non_null(madt);
    assert_int_equal(madt->length, sizeof(struct acpi_madt) + 3 * sizeof(struct madt_lapic));
    assert_null(table_of(domid, "SRAT"));
}

/* The guest asks on its own (XENMEM_get_vnumainfo) and reads its tables: the claim set's nodes, in its order,
 * the last with what is from anywhere. */
static void test_virtual_nodes(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{1000, 1, 0}, {200, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0}, {800, 0, 0}};
    struct guest_build_config config = config_of(claims, 3);
    uint32_t domid, nodes = 8, ranges = 8, vcpus = 8, distance[64], vcpu_to_node[8];
    const struct acpi_srat *srat;
    xen_vmemrange_t range[8];

    config.vcpus = 3;
    config.vnuma = true;
    domid = build(&config);
    assert_int_equal(xc_domain_getvnuma(xch, domid, &nodes, &ranges, &vcpus, range, distance, vcpu_to_node),
                     0);
    assert_int_equal(nodes, 2);
    assert_int_equal(ranges, 2);
    assert_int_equal(range[0].start, 0);
    assert_int_equal(range[0].end, 1000 * XC_PAGE_SIZE);
    assert_int_equal(range[1].start, 1000 * XC_PAGE_SIZE);
    assert_int_equal(range[1].end, PAGES * XC_PAGE_SIZE);
    assert_int_equal(range[1].nid, 1);
    assert_int_equal(distance[0], 10);
    assert_int_equal(distance[1], node_distance(1, 0));
    assert_int_equal(vcpu_to_node[1], 0);
    assert_int_equal(vcpu_to_node[2], 1);

    assert_in_range(pages_on(domid, 1), 1000, PAGES);
    srat = (const struct acpi_srat *)(const void *)table_of(domid, "SRAT");
    assert_non_null(srat);
    assert_int_equal(srat->header.length,
                     sizeof(*srat) + 3 * sizeof(struct srat_lapic) + 2 * sizeof(struct srat_memory));
    assert_int_equal(table_of(domid, "SLIT")->length, sizeof(struct acpi_slit) + 4);
}

static void test_a_virtual_node_on_no_node(void **state UNUSED)
{
    struct xen_memory_claim claim = {PAGES, 60, 0};
    struct guest_build_config config = config_of(&claim, 1);

    config.vnuma = true;
    assert_refused(&config, ENOENT, "virtual nodes 0 and 0 on nodes 60 and 60, the host has ");
}

/* The first one starts by itself, the others when it gives them a state. */
static void test_several_vcpus(void **state UNUSED)
{
    struct guest_build_config config = config_of(NULL, 0);
    xc_vcpuinfo_t info;
    uint32_t domid;

    config.vcpus = 4;
    domid = build(&config);
    assert_int_equal(info_of((domid_t)domid).max_vcpu_id, 3);
    for (uint32_t id = 0; id < 4; id++) {
        assert_int_equal(xc_vcpu_getinfo(xch, domid, id, &info), 0);
        assert_int_equal(info.online, id == 0);
    }
    assert_int_equal(xc_vcpu_getinfo(xch, domid, 4, &info), -1);
}

/* The affinity says where to look first, a claim where the memory is. */
static void test_claims_outside_the_affinity(void **state UNUSED)
{
    struct xen_memory_claim claim = {PAGES, 0, 0};
    struct guest_build_config config = config_of(&claim, 1);
    uint32_t domid;

    config.affinity = 1UL << 1;
    domid = build(&config);
    assert_int_equal(pages_on(domid, 0), PAGES);
}

static void test_legacy_claim(void **state UNUSED)
{
    struct xen_memory_claim claim = {PAGES, XEN_DOMCTL_CLAIM_MEMORY_LEGACY, 0};
    struct guest_build_config config = config_of(&claim, 1);

    assert_int_equal(xc_get_tot_pages(xch, build(&config)), PAGES + 1);
}

/* ---- a full host ---- */

/* Claim all but LEFT of the free memory for another domain. */
static uint32_t claim_all_but(uint64_t left)
{
    struct xen_memory_claim claim = {.target = XEN_DOMCTL_CLAIM_MEMORY_HOST};
    domid_t hog = new_domain();
    xc_claiminfo_t host;
    unsigned int nr = 0;
    uint32_t one = 1;

    assert_int_equal(set_max(hog, 1UL << 20), 0);
    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &host), 0);
    claim.pages = host.free - left;
    assert_int_equal(xc_domain_claim_memory(xch, hog, XEN_DOMCTL_CLAIM_MEMORY_SET, &one, &claim), 0);
    return hog;
}

/* What one build takes beside the domain's RAM. */
static uint64_t cost_of(const struct guest_build_config *config)
{
    xc_claiminfo_t before, after;
    unsigned int nr = 0;

    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &before), 0);
    uint32_t domid = build(config);
    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &after), 0);
    assert_int_equal(xc_domain_destroy(xch, domid), 0);
    return before.free - after.free - PAGES;
}

/* Once the claims stand there is not one unclaimed page left; the rest of the build needs none. */
static void test_a_host_that_is_claimed_in_full(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{1024, 0, 0}, {1024, 1, 0}};
    struct guest_build_config config = config_of(claims, 2);
    uint64_t cost = cost_of(&config);
    uint32_t hog = claim_all_but(PAGES + cost), domid = build(&config);
    xc_claiminfo_t host;
    unsigned int nr = 0;

    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &host), 0);
    assert_int_equal(host.claimed, host.free);
    assert_int_equal(pages_on(domid, 0), 1024);
    assert_int_equal(pages_on(domid, 1), 1024);
    assert_int_equal(xc_domain_destroy(xch, domid), 0);
    assert_int_equal(xc_domain_destroy(xch, hog), 0);
}

static void test_one_page_less(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{1024, 0, 0}, {1024, 1, 0}};
    struct guest_build_config config = config_of(claims, 2);
    uint64_t cost = cost_of(&config);

    claim_all_but(PAGES + cost - 1);
    assert_refused(&config, ENOMEM, "claim_memory, 2 entries, 2048 pages: ");
    config.nr_claims = 0;
    assert_refused(&config, ENOMEM, "populate_physmap, 2047 of 2048 pages from any node: ");
}

/* ---- what is refused before anything is created ---- */

static void test_modules(void **state UNUSED)
{
    struct guest_build_module modules[PVH_MAX_MODULES + 1];
    struct guest_build_config config = config_of(NULL, 0);

    for (unsigned int i = 0; i < ARRAY_SIZE(modules); i++)
        modules[i] = (struct guest_build_module){"m", "x", 1};
    config.modules = modules;
    config.nr_modules = PVH_MAX_MODULES;
    build(&config);
    config.nr_modules++;
    assert_refused(&config, E2BIG, "17 modules, at most 16");

    config.nr_modules = 1;
    modules[0].size = PAGES << PAGE_SHIFT;
    assert_refused(&config, ENOMEM, "image and modules reach ");
    modules[0].size = UINT64_MAX;
    assert_refused(&config, EINVAL, "a module is larger than the address space");
}

static void test_wrong_numbers(void **state UNUSED)
{
    struct xen_memory_claim claims[MAX_CLAIMS + 1] = {{.pages = PAGES + 1}};
    struct guest_build_config config = config_of(claims, 1);

    assert_refused(&config, EINVAL, "claim_memory, 1 entries, 2049 pages: ");
    config.nr_claims = MAX_CLAIMS + 1;
    assert_refused(&config, E2BIG, "claim_memory: 66 entries, at most 65");
    config.nr_claims = 0;
    config.affinity = 1UL << 40;
    assert_refused(&config, ENOENT, "setnodeaffinity: nodes 0x10000000000, ");
    config.pages = 1UL << 60;
    assert_refused(&config, EINVAL, "pages are more than there are addresses");
    config.pages = 256;
    assert_refused(&config, ENOEXEC, "too large for the domain's memory");
    config.pages = PAGES;
    config.image_size = 70;
    assert_refused(&config, ENOEXEC, "image of 70 bytes");
}

#define BUILD(f) cmocka_unit_test_setup_teardown(f, setup_build, teardown_build)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILD(test_everything_is_in_place),
        BUILD(test_claims_outside_the_affinity),
        BUILD(test_no_virtual_nodes),
        BUILD(test_virtual_nodes),
        BUILD(test_a_virtual_node_on_no_node),
        BUILD(test_several_vcpus),
        BUILD(test_legacy_claim),
        BUILD(test_a_host_that_is_claimed_in_full),
        BUILD(test_one_page_less),
        BUILD(test_modules),
        BUILD(test_wrong_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
