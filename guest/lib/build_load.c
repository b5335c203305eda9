/* SPDX-License-Identifier: MIT */
/* The domain builder: write image, start information and modules into the domain, and give its vCPU the PVH
 * entry. */
#include "build_internal.h"
#include <stdlib.h>
#include <xenforeignmemory.h>

#define CHUNK   64UL /* pages mapped at once */
#define IN_PAGE (XC_PAGE_SIZE - 1)

/* Copy SIZE bytes to guest-physical GPA, some pages at a time. */
static int write_guest(struct build *b, uint64_t gpa, const void *data, uint64_t size)
{
    xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
    const uint8_t *from = data;
    xen_pfn_t frames[CHUNK];

    while (fmem && size) {
        uint64_t offset = gpa & IN_PAGE, room = CHUNK * XC_PAGE_SIZE - offset, n = size < room ? size : room;
        uint64_t pages = (offset + n + IN_PAGE) >> XC_PAGE_SHIFT;
        uint8_t *window;

        for (uint64_t i = 0; i < pages; i++)
            frames[i] = (gpa >> XC_PAGE_SHIFT) + i;
        window = xenforeignmemory_map(fmem, b->domid, PROT_READ | PROT_WRITE, pages, frames, NULL);
        if (!window)
            break;
        memcpy(window + offset, from, n);
        xenforeignmemory_unmap(fmem, window, pages);
        from += n;
        gpa += n;
        size -= n;
    }
    xenforeignmemory_close(fmem);
    return size ? build_fail(b, "mapping the domain's memory at %#lx, %lu bytes left", gpa, size) : 0;
}

/* What is beyond filesz is zero already: populated memory is clean. */
static int write_segments(struct build *b)
{
    for (unsigned int i = 0; i < b->image.nr_segments; i++) {
        const struct pvh_segment *s = &b->image.segment[i];

        if (write_guest(b, s->paddr, s->data, s->filesz))
            return -1;
    }
    return 0;
}

static int write_modules(struct build *b)
{
    for (unsigned int i = 0; i < b->config->nr_modules; i++) {
        if (write_guest(b, b->layout.module[i], b->config->modules[i].data, b->config->modules[i].size))
            return -1;
    }
    return 0;
}

static int write_start_info(struct build *b)
{
    const struct pvh_start_layout *l = &b->layout;
    void *blob = malloc(l->blob_size);
    int rc;

    if (!blob)
        return build_fail(b, "start information of %lu bytes", l->blob_size);
    pvh_start_info_build(&b->start, l, blob);
    rc = write_guest(b, l->start_info, blob, l->blob_size);
    free(blob);
    return rc;
}

static int write_acpi(struct build *b)
{
    uint64_t size = pvh_acpi_size(b->config->vcpus, &b->numa);
    void *tables = malloc(size);
    int rc;

    if (!tables)
        return build_fail(b, "ACPI tables of %lu bytes", size);
    pvh_acpi_build(b->config->vcpus, &b->numa, PVH_ACPI_START, tables);
    rc = write_guest(b, PVH_ACPI_START, tables, size);
    free(tables);
    return rc;
}

int build_load(struct build *b)
{
    if (write_segments(b) || write_modules(b) || write_start_info(b))
        return -1;
    return write_acpi(b);
}

int build_start_state(struct build *b)
{
    struct guest_start_state state;

    guest_start_state_init(&state, b->image.entry, b->layout.start_info);
    if (xc_domain_hvm_setcontext(b->xch, b->domid, (uint8_t *)&state, sizeof(state)))
        return build_fail(b, "sethvmcontext, entry %#x", b->image.entry);
    return 0;
}
