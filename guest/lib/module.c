/* SPDX-License-Identifier: MIT */
/* The files that the builder gave to this guest. */
#include "guest_internal.h"
#include <stdio.h>
#include <string.h>

#define MAX_MODULES 16U

static struct guest_module modules[MAX_MODULES];
static unsigned int nr_modules;

static uintptr_t max(uintptr_t a, uintptr_t b)
{
    return a > b ? a : b;
}

static uintptr_t string_end(uint64_t s)
{
    return s ? s + strlen((const char *)s) + 1 : 0;
}

uintptr_t modules_init(const struct hvm_start_info *info)
{
    const struct hvm_modlist_entry *list = (const struct hvm_modlist_entry *)info->modlist_paddr;
    uintptr_t end = max((uintptr_t)image_end, (uintptr_t)(info + 1));

    end = max(end, string_end(info->cmdline_paddr));
    end = max(end, info->memmap_paddr + info->memmap_entries * sizeof(struct hvm_memmap_table_entry));
    end = max(end, (uintptr_t)(list + info->nr_modules));
    for (uint32_t i = 0; i < info->nr_modules; i++) {
        const char *name = (const char *)list[i].cmdline_paddr;

        end = max(end, max(list[i].paddr + list[i].size, string_end(list[i].cmdline_paddr)));
        if (nr_modules < MAX_MODULES)
            modules[nr_modules++] =
                (struct guest_module){name ? name : "", (const void *)list[i].paddr, list[i].size};
    }
    if (info->nr_modules > MAX_MODULES)
        printf("of %u modules only the first %u are seen\n", info->nr_modules, MAX_MODULES);
    return end;
}

unsigned int guest_module_count(void)
{
    return nr_modules;
}

const struct guest_module *guest_module_at(unsigned int i)
{
    return i < nr_modules ? &modules[i] : NULL;
}

const struct guest_module *guest_module(const char *name)
{
    for (unsigned int i = 0; i < nr_modules; i++) {
        if (!strcmp(modules[i].name, name))
            return &modules[i];
    }
    return NULL;
}
