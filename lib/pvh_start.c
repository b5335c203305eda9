/* SPDX-License-Identifier: MIT */
/* What a PVH guest finds at its start: memory map, hvm_start_info, module list and strings in one piece. */
#include "pvh.h"

#define BLOB_ALIGN   8
#define MODULE_ALIGN 4096

_Static_assert(sizeof(struct hvm_start_info) == 56, "start_info.h");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "start_info.h");
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "start_info.h");

unsigned int pvh_memory_map(uint64_t memory, uint64_t acpi, struct hvm_memmap_table_entry map[PVH_MAX_MEMMAP])
{
    uint64_t low = memory < PVH_HOLE_START ? memory : PVH_HOLE_START;
    const struct hvm_memmap_table_entry all[PVH_MAX_MEMMAP] = {
        {.addr = 0, .size = low, .type = XEN_HVM_MEMMAP_TYPE_RAM},
        {.addr = PVH_ACPI_START, .size = acpi, .type = XEN_HVM_MEMMAP_TYPE_ACPI},
        {.addr = PVH_SPECIAL_START,
         .size = PVH_SPECIAL_END - PVH_SPECIAL_START,
         .type = XEN_HVM_MEMMAP_TYPE_RESERVED},
        {.addr = PVH_HOLE_END, .size = memory - low, .type = XEN_HVM_MEMMAP_TYPE_RAM},
    };
    unsigned int nr = 0;

    for (unsigned int i = 0; i < PVH_MAX_MEMMAP; i++)
        if (all[i].size)
            map[nr++] = all[i];
    return nr;
}

static uint64_t align_up(uint64_t v, uint64_t align)
{
    return (v + align - 1) & ~(align - 1);
}

/* With the final 0. */
static uint64_t string_size(const char *s)
{
    uint64_t n = 0;

    if (!s)
        return 0;
    while (s[n])
        n++;
    return n + 1;
}

static uint64_t tables_size(const struct pvh_start *s)
{
    return sizeof(struct hvm_start_info) + s->nr_modules * sizeof(struct hvm_modlist_entry) +
           s->nr_memmap * sizeof(struct hvm_memmap_table_entry);
}

const char *pvh_start_layout(const struct pvh_start *s, uint64_t gpa, struct pvh_start_layout *l)
{
    uint64_t size = tables_size(s) + string_size(s->cmdline);

    if (s->nr_modules > PVH_MAX_MODULES)
        return "more than 16 modules";
    if (gpa % BLOB_ALIGN)
        return "the start information is not aligned to 8 bytes";
    for (unsigned int i = 0; i < s->nr_modules; i++)
        size += string_size(s->modules[i].cmdline);
    *l = (struct pvh_start_layout){.start_info = gpa, .blob_size = size, .end = gpa + size};
    for (unsigned int i = 0; i < s->nr_modules; i++) {
        l->module[i] = align_up(l->end, MODULE_ALIGN);
        l->end = l->module[i] + s->modules[i].size;
        if (l->end < l->module[i])
            return "a module is larger than the address space";
    }
    if (l->end > PVH_HOLE_START)
        return "image and modules do not fit below 4 GiB";
    return NULL;
}

/* Where the next string goes, in the blob and in the guest. */
struct cursor {
    char *at;
    uint64_t gpa;
};

/* Returns its guest-physical address, 0 for no string. */
static uint64_t put_string(struct cursor *c, const char *s)
{
    uint64_t size = string_size(s), gpa = c->gpa;

    for (uint64_t i = 0; i < size; i++)
        c->at[i] = s[i];
    c->at += size;
    c->gpa += size;
    return size ? gpa : 0;
}

void pvh_start_info_build(const struct pvh_start *s, const struct pvh_start_layout *l, void *buf)
{
    struct hvm_start_info *info = buf;
    struct hvm_modlist_entry *mod = (struct hvm_modlist_entry *)(info + 1);
    struct hvm_memmap_table_entry *map = (struct hvm_memmap_table_entry *)(mod + s->nr_modules);
    uint64_t modlist = l->start_info + sizeof(*info), memmap = modlist + s->nr_modules * sizeof(*mod);
    struct cursor c = {.at = (char *)(map + s->nr_memmap), .gpa = l->start_info + tables_size(s)};

    *info = (struct hvm_start_info){
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .flags = s->flags,
        .nr_modules = s->nr_modules,
        .modlist_paddr = s->nr_modules ? modlist : 0,
        .cmdline_paddr = put_string(&c, s->cmdline),
        .rsdp_paddr = s->rsdp,
        .memmap_paddr = s->nr_memmap ? memmap : 0,
        .memmap_entries = s->nr_memmap,
    };
    for (unsigned int i = 0; i < s->nr_modules; i++)
        mod[i] = (struct hvm_modlist_entry){.paddr = l->module[i],
                                            .size = s->modules[i].size,
                                            .cmdline_paddr = put_string(&c, s->modules[i].cmdline)};
    for (unsigned int i = 0; i < s->nr_memmap; i++)
        map[i] = s->memmap[i];
}
