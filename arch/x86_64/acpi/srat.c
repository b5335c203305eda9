/* SPDX-License-Identifier: MIT */
/* SRAT: the proximity domains of memory ranges and CPUs. */
#include "acpi.h"

/* Revision 1 has domains of 8 bits, and the bytes above them are undefined. */
static uint32_t domain_of(const struct acpi_header *table, uint32_t domain)
{
    return table->revision >= 2 ? domain : domain & 0xff;
}

static int add_memory(struct machine *m, uint32_t domain, const struct srat_memory *e)
{
    if (!(e->flags & SRAT_ENABLED) || e->length == 0)
        return 0;
    if (e->base + e->length < e->base)
        return acpi_ignore("SRAT", "memory at 0x%lx of 0x%lx bytes wraps around", e->base, e->length);
    if (m->nr_mem == MAX_MEM_AFFINITY)
        return -E2BIG;
    m->mem[m->nr_mem++] = (struct mem_affinity){.start = e->base,
                                                .end = e->base + e->length,
                                                .domain = domain,
                                                .hotplug = !!(e->flags & SRAT_HOTPLUG)};
    return 0;
}

/* CPUs that MADT does not list are not there; the first word on a CPU counts. */
static void place_cpu(struct machine *m, uint32_t apic_id, uint32_t domain)
{
    for (unsigned int i = 0; i < m->nr_cpus; i++) {
        struct cpu_desc *cpu = &m->cpus[i];
        if (cpu->apic_id != apic_id || cpu->has_domain)
            continue;
        cpu->domain = domain;
        cpu->has_domain = true;
    }
}

static void visit_lapic(const struct acpi_header *table, const struct srat_lapic *e, struct machine *m)
{
    uint32_t high =
        (uint32_t)e->domain_high[0] | (uint32_t)e->domain_high[1] << 8 | (uint32_t)e->domain_high[2] << 16;

    if (e->flags & SRAT_ENABLED)
        place_cpu(m, e->apic_id, domain_of(table, high << 8 | e->domain_low));
}

static void visit_x2apic(const struct srat_x2apic *e, struct machine *m)
{
    if (e->flags & SRAT_ENABLED)
        place_cpu(m, e->apic_id, e->domain);
}

static int visit(const struct acpi_header *table, const struct acpi_entry *entry, struct machine *m)
{
    if (entry->type == SRAT_MEMORY) {
        const struct srat_memory *e = (const void *)entry;
        return add_memory(m, domain_of(table, e->domain), e);
    }
    if (entry->type == SRAT_LAPIC)
        visit_lapic(table, (const void *)entry, m);
    else
        visit_x2apic((const void *)entry, m);
    return 0;
}

static void forget(struct machine *m)
{
    m->nr_mem = 0;
    for (unsigned int i = 0; i < m->nr_cpus; i++) {
        m->cpus[i].domain = 0;
        m->cpus[i].has_domain = false;
    }
}

int acpi_parse_srat(const struct acpi_header *table, struct machine *m)
{
    static const uint8_t min_length[] = {
        [SRAT_LAPIC] = sizeof(struct srat_lapic),
        [SRAT_MEMORY] = sizeof(struct srat_memory),
        [SRAT_X2APIC] = sizeof(struct srat_x2apic),
    };
    static const struct acpi_entries entries = {sizeof(struct acpi_srat), ARRAY_SIZE(min_length), min_length,
                                                visit};
    int rc = acpi_for_each_entry(table, &entries, m);

    if (rc == -EINVAL)
        forget(m);
    return rc;
}
