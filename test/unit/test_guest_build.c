/* SPDX-License-Identifier: MIT */
/* What a built guest consists of: memory where it was claimed, tables, vCPUs. */
#include "guest_build_test.h"

static const void *guest_data(uint32_t domid, uint64_t gpa)
{
    struct domain *d = domain_get((domid_t)domid);
    const char *page = host_gfn_ptr(d, gfn(gpa >> PAGE_SHIFT));

    domain_put(d);
    assert_non_null(page);
    return page + gpa % PAGE_SIZE;
}

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

static bool prefers_all(uint32_t domid, unsigned int vcpu)
{
    struct domain *d = domain_get((domid_t)domid);
    bool all = cpumask_has(&d->vcpu[vcpu]->soft_affinity, 1);

    assert_true(cpumask_has(&d->vcpu[vcpu]->soft_affinity, 0));
    domain_put(d);
    return all;
}

/* The machine's one CPU is node 0's: who belongs there prefers it, others have no preference. */
static void test_vcpus_are_near_their_memory(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{1024, 1, 0}, {1024, 0, 0}};
    struct guest_build_config config = config_of(claims, 2);
    uint32_t domid;

    config.vcpus = 4;
    config.vnuma = true;
    domid = build(&config);
    for (unsigned int i = 0; i < 4; i++)
        assert_int_equal(prefers_all(domid, i), i < 2);
    config.vnuma = false;
    domid = build(&config);
    for (unsigned int i = 0; i < 4; i++)
        assert_true(prefers_all(domid, i));
}

static void test_a_virtual_node_on_no_node(void **state UNUSED)
{
    struct xen_memory_claim claim = {PAGES, 60, 0};
    struct guest_build_config config = config_of(&claim, 1);

    config.vnuma = true;
    assert_refused(&config, ENOENT, "it: there is no node 60, the last one is 1");
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

#define BUILD(f) cmocka_unit_test_setup_teardown(f, setup_build, teardown_build)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILD(test_everything_is_in_place),
        BUILD(test_claims_outside_the_affinity),
        BUILD(test_no_virtual_nodes),
        BUILD(test_virtual_nodes),
        BUILD(test_vcpus_are_near_their_memory),
        BUILD(test_a_virtual_node_on_no_node),
        BUILD(test_several_vcpus),
        BUILD(test_legacy_claim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
