/* SPDX-License-Identifier: MIT */
/* ACPI tables for domains, written one behind the other. */
#include "pvh_acpi.h"
#include "acpi_wire.h"
#include "pvh.h"
#include <string.h>

#define MAX_TABLES 4 /* in the XSDT */
#define ALIGN      8

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

static uint64_t madt_size(unsigned int vcpus)
{
    return sizeof(struct acpi_madt) + vcpus * sizeof(struct madt_lapic);
}

static uint64_t srat_size(const struct pvh_numa *n)
{
    return sizeof(struct acpi_srat) + n->nr_vcpus * sizeof(struct srat_lapic) +
           n->nr_ranges * sizeof(struct srat_memory);
}

static uint64_t slit_size(const struct pvh_numa *n)
{
    return sizeof(struct acpi_slit) + (uint64_t)n->nr_nodes * n->nr_nodes;
}

static uint64_t xsdt_size(unsigned int nr_tables)
{
    return sizeof(struct acpi_header) + nr_tables * sizeof(uint64_t);
}

#define LARGEST                                                                                              \
    (sizeof(struct acpi_rsdp) + sizeof(struct acpi_fadt_6) + 2 * sizeof(struct acpi_header) +                \
     MAX_TABLES * sizeof(uint64_t) + sizeof(struct acpi_madt) +                                              \
     PVH_MAX_VCPUS * (sizeof(struct madt_lapic) + sizeof(struct srat_lapic)) + sizeof(struct acpi_srat) +    \
     (PVH_MAX_VNODES + 1) * sizeof(struct srat_memory) + sizeof(struct acpi_slit) +                          \
     PVH_MAX_VNODES * PVH_MAX_VNODES)
_Static_assert(LARGEST + 7 * ALIGN <= PVH_ACPI_MAX, "seven parts");

uint64_t pvh_acpi_size(unsigned int vcpus, const struct pvh_numa *n)
{
    bool numa = n && n->nr_nodes;
    uint64_t size = aligned(sizeof(struct acpi_rsdp)) + aligned(xsdt_size(numa ? 4 : 2)) +
                    aligned(sizeof(struct acpi_fadt_6)) + aligned(sizeof(struct acpi_header)) +
                    aligned(madt_size(vcpus));

    return numa ? size + aligned(srat_size(n)) + aligned(slit_size(n)) : size;
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

static void put_madt(struct writer *w, unsigned int vcpus)
{
    struct acpi_madt *madt = begin(w, "APIC", 5, madt_size(vcpus));
    struct madt_lapic *e = (void *)(madt + 1);

    madt->lapic_address = PVH_LAPIC_PAGE;
    for (unsigned int i = 0; i < vcpus; i++)
        e[i] = (struct madt_lapic){{MADT_LAPIC, sizeof(*e)}, (uint8_t)i, (uint8_t)i, MADT_ENABLED};
    list(w, end(w));
}

static void put_srat(struct writer *w, const struct pvh_numa *n)
{
    struct acpi_srat *srat = begin(w, "SRAT", 3, srat_size(n));
    struct srat_lapic *cpu = (void *)(srat + 1);
    struct srat_memory *memory = (void *)(cpu + n->nr_vcpus);

    srat->reserved_1 = 1; /* by the specification */
    for (unsigned int i = 0; i < n->nr_vcpus; i++)
        cpu[i] = (struct srat_lapic){.head = {SRAT_LAPIC, sizeof(*cpu)},
                                     .domain_low = (uint8_t)n->vcpu_to_node[i],
                                     .apic_id = (uint8_t)i,
                                     .flags = SRAT_ENABLED};
    for (unsigned int i = 0; i < n->nr_ranges; i++)
        memory[i] = (struct srat_memory){.head = {SRAT_MEMORY, sizeof(*memory)},
                                         .domain = n->range[i].nid,
                                         .base = n->range[i].start,
                                         .length = n->range[i].end - n->range[i].start,
                                         .flags = SRAT_ENABLED};
    list(w, end(w));
}

static void put_slit(struct writer *w, const struct pvh_numa *n)
{
    struct acpi_slit *slit = begin(w, "SLIT", 1, slit_size(n));

    slit->localities = n->nr_nodes;
    for (unsigned int i = 0; i < n->nr_nodes * n->nr_nodes; i++)
        slit->distance[i] = (uint8_t)n->distance[i];
    list(w, end(w));
}

/* Returns its address. */
static uint64_t put_xsdt(struct writer *w)
{
    struct acpi_header *xsdt = begin(w, "XSDT", 1, xsdt_size(w->nr_tables));

    memcpy(xsdt + 1, w->table, w->nr_tables * sizeof(w->table[0]));
    return end(w);
}

void pvh_acpi_build(unsigned int vcpus, const struct pvh_numa *numa, uint64_t gpa, void *buf)
{
    struct acpi_rsdp *rsdp = buf;
    struct writer w = {.buf = buf, .gpa = gpa, .used = aligned(sizeof(*rsdp))};

    memset(buf, 0, pvh_acpi_size(vcpus, numa));
    put_fadt(&w);
    put_madt(&w, vcpus);
    if (numa && numa->nr_nodes) {
        put_srat(&w, numa);
        put_slit(&w, numa);
    }
    *rsdp =
        (struct acpi_rsdp){.oem_id = "Allod", .revision = 2, .length = sizeof(*rsdp), .xsdt = put_xsdt(&w)};
    memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
    rsdp->checksum = checksum(rsdp, ACPI_RSDP_V1_SIZE);
    rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
}
