/* SPDX-License-Identifier: MIT */
/* MADT: the CPUs, by local APIC id. */
#include "acpi.h"

#define LAPIC_BROADCAST  0xffU
#define X2APIC_BROADCAST 0xffffffffU

static struct cpu_desc *find_cpu(struct machine *m, uint32_t apic_id)
{
    for (unsigned int i = 0; i < m->nr_cpus; i++)
        if (m->cpus[i].apic_id == apic_id)
            return &m->cpus[i];
    return NULL;
}

/* A CPU that is there or may come. One that both kinds of entry name is one CPU. */
static int add_cpu(struct machine *m, uint32_t apic_id, uint32_t uid, uint32_t flags)
{
    struct cpu_desc *cpu = find_cpu(m, apic_id);

    if (!(flags & (MADT_ENABLED | MADT_ONLINE_CAPABLE)))
        return 0;
    if (!cpu) {
        if (m->nr_cpus == MAX_CPUS)
            return -E2BIG;
        cpu = &m->cpus[m->nr_cpus++];
        *cpu = (struct cpu_desc){.apic_id = apic_id, .acpi_uid = uid};
    }
    cpu->enabled |= !!(flags & MADT_ENABLED);
    return 0;
}

static int visit(const struct acpi_header *table, const struct acpi_entry *entry, struct machine *m)
{
    (void)table;
    if (entry->type == MADT_LAPIC) {
        const struct madt_lapic *e = (const void *)entry;
        return e->apic_id == LAPIC_BROADCAST ? 0 : add_cpu(m, e->apic_id, e->uid, e->flags);
    }
    const struct madt_x2apic *e = (const void *)entry;
    return e->apic_id == X2APIC_BROADCAST ? 0 : add_cpu(m, e->apic_id, e->uid, e->flags);
}

int acpi_parse_madt(const struct acpi_header *table, struct machine *m)
{
    static const uint8_t min_length[] = {
        [MADT_LAPIC] = sizeof(struct madt_lapic),
        [MADT_X2APIC] = sizeof(struct madt_x2apic),
    };
    static const struct acpi_entries entries = {sizeof(struct acpi_madt), ARRAY_SIZE(min_length), min_length,
                                                visit};

    return acpi_for_each_entry(table, &entries, m);
}
