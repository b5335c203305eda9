/* SPDX-License-Identifier: MIT */
/* ACPI tables for domains, written one behind the other. */
#include "pvh_acpi.h"
#include "acpi_wire.h"
#include <string.h>

#define LAPIC_ADDRESS 0xfee00000U
#define MAX_TABLES    4 /* in the XSDT */
#define ALIGN         8
#define FAR           255U /* SLIT: not reachable */

/* Where the next table goes, and what the XSDT will list. */
struct writer {
    uint8_t *buf;
    uint64_t gpa, used;
    unsigned int nr_tables;
    uint64_t table[MAX_TABLES];
};

static uint64_t aligned(uint64_t size)
{
    return (size + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
}

static uint64_t xsdt_size(const struct pvh_acpi *a)
{
    return sizeof(struct acpi_header) + (a->nr_vnodes ? 4 : 2) * sizeof(uint64_t);
}

static uint64_t madt_size(const struct pvh_acpi *a)
{
    return sizeof(struct acpi_madt) + a->vcpus * sizeof(struct madt_lapic);
}

static uint64_t srat_size(const struct pvh_acpi *a)
{
    return sizeof(struct acpi_srat) + a->vcpus * sizeof(struct srat_lapic) +
           a->nr_ranges * sizeof(struct srat_memory);
}

static uint64_t slit_size(const struct pvh_acpi *a)
{
    return sizeof(struct acpi_slit) + (uint64_t)a->nr_vnodes * a->nr_vnodes;
}

uint64_t pvh_acpi_size(const struct pvh_acpi *a)
{
    uint64_t size = aligned(sizeof(struct acpi_rsdp)) + aligned(xsdt_size(a)) +
                    aligned(sizeof(struct acpi_fadt_6)) + aligned(sizeof(struct acpi_header)) +
                    aligned(madt_size(a));

    return a->nr_vnodes ? size + aligned(srat_size(a)) + aligned(slit_size(a)) : size;
}

static uint8_t checksum(const void *data, uint64_t size)
{
    const uint8_t *bytes = data;
    uint8_t sum = 0;

    while (size--)
        sum = (uint8_t)(sum - *bytes++);
    return sum;
}

/* A table that the XSDT lists, with its header but for the checksum. */
static void *begin(struct writer *w, const char *signature, uint8_t revision, uint64_t size)
{
    struct acpi_header *h = (void *)(w->buf + w->used);

    *h = (struct acpi_header){.length = (uint32_t)size,
                              .revision = revision,
                              .oem_id = "Allod",
                              .oem_table_id = "Domain",
                              .oem_revision = 1,
                              .creator_id = {'A', 'l', 'l', 'o'},
                              .creator_revision = 1};
    memcpy(h->signature, signature, sizeof(h->signature));
    return h;
}

/* Nothing of the table changes any more. Returns its address. */
static uint64_t end(struct writer *w)
{
    struct acpi_header *h = (void *)(w->buf + w->used);
    uint64_t gpa = w->gpa + w->used;

    h->checksum = checksum(h, h->length);
    w->used += aligned(h->length);
    return gpa;
}

static void list(struct writer *w, uint64_t gpa)
{
    w->table[w->nr_tables++] = gpa;
}

static void put_fadt(struct writer *w)
{
    uint64_t dsdt;
    struct acpi_fadt_6 *fadt;

    begin(w, "DSDT", 2, sizeof(struct acpi_header));
    dsdt = end(w);
    fadt = begin(w, "FACP", 6, sizeof(*fadt));
    fadt->base.boot_arch = FADT_NO_VGA | FADT_NO_CMOS;
    fadt->base.flags = FADT_WBINVD | FADT_HW_REDUCED;
    fadt->base.x_dsdt = dsdt;
    memcpy(fadt->hypervisor, "Allod", sizeof("Allod"));
    list(w, end(w));
}

static void put_madt(struct writer *w, const struct pvh_acpi *a)
{
    struct acpi_madt *madt = begin(w, "APIC", 5, madt_size(a));
    struct madt_lapic *e = (void *)(madt + 1);

    madt->lapic_address = LAPIC_ADDRESS;
    for (unsigned int i = 0; i < a->vcpus; i++)
        e[i] = (struct madt_lapic){{MADT_LAPIC, sizeof(*e)}, (uint8_t)i, (uint8_t)i, MADT_ENABLED};
    list(w, end(w));
}

static void put_srat(struct writer *w, const struct pvh_acpi *a)
{
    struct acpi_srat *srat = begin(w, "SRAT", 3, srat_size(a));
    struct srat_lapic *cpu = (void *)(srat + 1);
    struct srat_memory *memory = (void *)(cpu + a->vcpus);

    srat->reserved_1 = 1; /* by the specification */
    for (unsigned int i = 0; i < a->vcpus; i++)
        cpu[i] = (struct srat_lapic){.head = {SRAT_LAPIC, sizeof(*cpu)},
                                     .domain_low = (uint8_t)a->vcpu_to_node[i],
                                     .apic_id = (uint8_t)i,
                                     .flags = SRAT_ENABLED};
    for (unsigned int i = 0; i < a->nr_ranges; i++)
        memory[i] = (struct srat_memory){.head = {SRAT_MEMORY, sizeof(*memory)},
                                         .domain = a->ranges[i].nid,
                                         .base = a->ranges[i].start,
                                         .length = a->ranges[i].end - a->ranges[i].start,
                                         .flags = SRAT_ENABLED};
    list(w, end(w));
}

static void put_slit(struct writer *w, const struct pvh_acpi *a)
{
    struct acpi_slit *slit = begin(w, "SLIT", 1, slit_size(a));

    slit->localities = a->nr_vnodes;
    for (unsigned int i = 0; i < a->nr_vnodes * a->nr_vnodes; i++)
        slit->distance[i] = (uint8_t)(a->distance[i] < FAR ? a->distance[i] : FAR);
    list(w, end(w));
}

/* Returns its address. */
static uint64_t put_xsdt(struct writer *w)
{
    struct acpi_header *xsdt =
        begin(w, "XSDT", 1, sizeof(struct acpi_header) + w->nr_tables * sizeof(w->table[0]));

    memcpy(xsdt + 1, w->table, w->nr_tables * sizeof(w->table[0]));
    return end(w);
}

void pvh_acpi_build(const struct pvh_acpi *a, uint64_t gpa, void *buf)
{
    struct acpi_rsdp *rsdp = buf;
    struct writer w = {.buf = buf, .gpa = gpa, .used = aligned(sizeof(*rsdp))};

    memset(buf, 0, pvh_acpi_size(a));
    put_fadt(&w);
    put_madt(&w, a);
    if (a->nr_vnodes) {
        put_srat(&w, a);
        put_slit(&w, a);
    }
    *rsdp =
        (struct acpi_rsdp){.oem_id = "Allod", .revision = 2, .length = sizeof(*rsdp), .xsdt = put_xsdt(&w)};
    memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
    rsdp->checksum = checksum(rsdp, ACPI_RSDP_V1_SIZE);
    rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
}
