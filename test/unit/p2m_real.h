/* SPDX-License-Identifier: MIT */
/* The real nested page tables in a host program, beside the fake ones of test/host/arch.c. */
#pragma once

#define arch_domain_init    real_arch_domain_init
#define arch_domain_destroy real_arch_domain_destroy
#define p2m_map             real_p2m_map
#define p2m_unmap           real_p2m_unmap
#define p2m_unmap_block     real_p2m_unmap_block
#define p2m_lookup          real_p2m_lookup
#define p2m_next            real_p2m_next

#include "../../arch/x86_64/hvm/p2m.c"
#include "../../arch/x86_64/hvm/p2m_table.c"

#include "machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define POOL_PAGES 64

static struct domain_mem mem;
static struct arch_domain dom;

static int setup(void **state)
{
    const unsigned long pages[] = {16384};

    (void)state;
    machine_create_nodes(1, pages);
    memset(&mem, 0, sizeof(mem));
    domain_mem_init(&mem, 1);
    assert_int_equal(paging_set_allocation(&mem, POOL_PAGES), 0);
    p2m_max_order = 18;
    return arch_domain_init(&dom, &mem);
}

/* All tables are back in the pool at the end of every test. */
static int teardown(void **state)
{
    (void)state;
    arch_domain_destroy(&dom);
    arch_domain_destroy(&dom);
    assert_int_equal(mem.paging_free_count, POOL_PAGES);
    assert_int_equal(paging_set_allocation(&mem, 0), 0);
    domain_mem_destroy(&mem);
    machine_destroy();
    return 0;
}

static inline unsigned long tables(void)
{
    return POOL_PAGES - mem.paging_free_count;
}
