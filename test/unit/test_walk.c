/* SPDX-License-Identifier: MIT */
/* The guest page-table walker and copies, in all paging modes. */
#include "p2m_real.h"

#include "../../arch/x86_64/guest/walk.c"

/* Guest RAM: this many frames from gfn 0 on, in reversed machine order so that neighbours are not contiguous.
 */
#define GUEST_PAGES 64

#define P_W         3UL /* present, writable */
#define P_R         1UL

static struct guest_view view;
static struct known_walk known[KNOWN_WALKS];

static void *guest_page(uint64_t g)
{
    mfn_t m;

    assert_int_equal(p2m_lookup(&dom, gfn(g), &m, NULL), P2M_RAM);
    return mfn_to_virt(m);
}

static int walk_setup(void **state)
{
    int rc = setup(state);

    mem.max_pages = GUEST_PAGES;
    for (uint64_t g = 0; g < GUEST_PAGES && rc == 0; g++) {
        struct page_info *pg = alloc_domheap_pages(&mem, 0, 0);

        assert_non_null(pg);
        rc = p2m_map(&dom, gfn(GUEST_PAGES - 1 - g), page_to_mfn(pg), 0, P2M_RAM);
    }
    memset(known, 0, sizeof(known));
    view = (struct guest_view){.domain = &dom, .known = known};
    return rc;
}

/* The same while this CPU runs a vCPU of the domain: copies then need no lock. */
static int use_setup(void **state)
{
    int rc = walk_setup(state);

    p2m_attach(&dom);
    view.uses = &p2m_users[smp_processor_id()];
    return rc;
}

static int walk_teardown(void **state)
{
    if (view.uses)
        p2m_detach(&dom);
    enum p2m_type type;
    mfn_t m;

    for (uint64_t g = 0; g < GUEST_PAGES; g++)
        if (p2m_unmap(&dom, gfn(g), &m, &type) == 0)
            free_domheap_pages(&mem, mfn_to_page(m), 0);
    return teardown(state);
}

static void set64(uint64_t table, unsigned int index, uint64_t entry)
{
    ((uint64_t *)guest_page(table))[index] = entry;
}

/* Root in page 1, then 2, 3, 4; va 0x8080604000 + x goes to page 10 + x. */
#define VA ((1UL << 39) | (2UL << 30) | (3UL << 21) | (4UL << 12))
static void long_mode_tables(void)
{
    view.cr0 = CR0_PG | CR0_PE;
    view.cr3 = 0x1000 | 0xfff; /* PCID bits mean nothing here */
    view.cr4 = CR4_PAE;
    view.efer = EFER_LMA | EFER_LME | EFER_NXE;
    view.code64 = true;
    set64(1, 1, 0x2000 | P_W);
    set64(2, 2, 0x3000 | P_W);
    set64(3, 3, 0x4000 | P_W);
    set64(4, 4, 0xa000 | P_W | PTE_NX);
    set64(4, 5, 0xb000 | P_W);
    set64(4, 6, 0xc000 | P_R);
}

static int translate(uint64_t va, bool write, mfn_t *m)
{
    int rc;

    spin_lock(&dom.p2m_lock);
    rc = guest_translate(&view, va, write, m);
    spin_unlock(&dom.p2m_lock);
    return rc;
}

static void check(uint64_t va, bool write, uint64_t g)
{
    mfn_t m;

    assert_int_equal(translate(va, write, &m), 0);
    assert_ptr_equal(mfn_to_virt(m), guest_page(g));
}

static void check_fault(uint64_t va, bool write)
{
    mfn_t m;

    assert_int_equal(translate(va, write, &m), -EFAULT);
}

static void test_unpaged(void **state)
{
    char buf[16] = "";

    (void)state;
    check(0x5123, true, 5);
    check_fault(GUEST_PAGES * PAGE_SIZE, false);
    check_fault(1UL << 32, false);
    strcpy((char *)guest_page(5) + 0xffc, "abcd");
    strcpy(guest_page(6), "efgh");
    assert_int_equal(guest_copy(&view, 0x5ffc, buf, 9, FROM_GUEST), 0);
    assert_string_equal(buf, "abcdefgh");
}

static void test_long_mode(void **state)
{
    (void)state;
    long_mode_tables();
    check(VA, true, 10);
    check(VA + 0x1fff, true, 11);
    check(VA + 0x2000, false, 12);
    check_fault(VA + 0x2000, true);
    check_fault(VA + 0x3000, false);
    check_fault(VA | 1UL << 47, false);
    check_fault(VA | 1UL << 60, false);
    /* Read-only on the way makes all below it read-only. */
    set64(2, 2, 0x3000 | P_R);
    check(VA, false, 10);
    check_fault(VA, true);
    /* A table outside of the guest's memory. */
    set64(2, 2, (GUEST_PAGES * PAGE_SIZE) | P_W);
    check_fault(VA, false);
}

static void test_upper_half(void **state)
{
    (void)state;
    long_mode_tables();
    set64(1, 511, 0x2000 | P_W);
    check((VA & ((1UL << 39) - 1)) | 0xffffff8000000000UL, true, 10);
}

static void test_large_pages(void **state)
{
    (void)state;
    long_mode_tables();
    set64(3, 6, 0 | P_W | PTE_LARGE | 1UL << 12); /* bit 12 is PAT's */
    check((VA & ~0x1fffffUL) + (3UL << 21) + 0x7123, true, 7);
    check_fault((VA & ~0x1fffffUL) + (3UL << 21) + GUEST_PAGES * PAGE_SIZE, true);
    set64(2, 7, 0 | P_R | PTE_LARGE);
    check((1UL << 39) + (7UL << 30) + 0x9000, false, 9);
    check_fault((1UL << 39) + (7UL << 30) + 0x9000, true);
    check_fault((1UL << 39) + (7UL << 30) + (1UL << 29), false);
}

static void test_pae(void **state)
{
    (void)state;
    view.cr0 = CR0_PG | CR0_PE;
    view.cr4 = CR4_PAE;
    view.cr3 = 0x1020;                                 /* 32-byte aligned */
    ((uint64_t *)guest_page(1))[4 + 3] = 0x2000 | P_R; /* no write bit at this level */
    set64(2, 5, 0x3000 | P_W);
    set64(2, 6, P_W | PTE_LARGE);
    set64(3, 6, 0xd000 | P_W);
    check((3UL << 30) | (5UL << 21) | (6UL << 12), true, 13);
    check((3UL << 30) | (6UL << 21) | 0x8000, true, 8);
    ((uint64_t *)guest_page(1))[4 + 3] = 0x2000 | P_R | 1UL << 5; /* QEMU's mark */
    check((3UL << 30) | (6UL << 21) | 0x8000, true, 8);
    ((uint64_t *)guest_page(1))[4 + 3] = 0x2000 | P_W; /* so the write bit is reserved */
    check_fault((3UL << 30) | (6UL << 21) | 0x8000, false);
    ((uint64_t *)guest_page(1))[4 + 3] = 0x2000 | P_R;
    set64(2, 6, P_W | PTE_LARGE | 1UL << 62);
    check_fault((3UL << 30) | (6UL << 21) | 0x8000, false);
    check_fault(0, false);
    check_fault(1UL << 32, false);
}

static void test_legacy(void **state)
{
    uint32_t *root = guest_page(1), *table = guest_page(2);
    enum p2m_type type;
    mfn_t m, above;

    (void)state;
    view.cr0 = CR0_PG | CR0_PE;
    view.cr3 = 0x1018;
    root[1023] = 0x2000 | P_W;
    root[5] = P_W | PTE_LARGE;
    root[6] = P_W | PTE_LARGE | 1U << 13; /* PSE-36: 4 GiB */
    table[1] = 0xe000 | P_R;
    check(0xffc01000UL, false, 14);
    check_fault(0xffc01000UL, true);
    view.cr4 = CR4_PSE;
    check((5UL << 22) | 0x4000, true, 4);
    check_fault(6UL << 22, false);
    assert_int_equal(p2m_unmap(&dom, gfn(9), &m, &type), 0);
    assert_int_equal(p2m_map(&dom, gfn((1UL << 20) + 3), m, 0, P2M_RAM), 0);
    assert_int_equal(translate((6UL << 22) | 0x3000, true, &above), 0);
    assert_int_equal(above.v, m.v);
    root[6] |= 1U << 21; /* reserved */
    check_fault((6UL << 22) | 0x3000, true);
    assert_int_equal(p2m_unmap(&dom, gfn((1UL << 20) + 3), &m, &type), 0);
    free_domheap_pages(&mem, mfn_to_page(m), 0);
}

/* What a CPU refuses: bits that must be 0 at each level, and NX while EFER.NXE is off. */
static void test_reserved_bits(void **state)
{
    static const struct {
        uint64_t table;
        unsigned int index;
        uint64_t entry, reserved;
    } cases[] = {
        {1, 1, 0x2000 | P_W, PTE_LARGE},                                        /* no pages of 512 GiB */
        {3, 6, P_W | PTE_LARGE, 1UL << 13},                                     /* within a page of 2 MiB */
        {3, 6, P_W | PTE_LARGE, 1UL << 20}, {2, 7, P_W | PTE_LARGE, 1UL << 13}, /* within a page of 1 GiB */
        {2, 7, P_W | PTE_LARGE, 1UL << 29}, {4, 4, 0xa000 | P_W, 1UL << 51},    /* beyond all memory */
    };
    static const uint64_t addresses[] = {VA,
                                         (VA & ~0x1fffffUL) + (3UL << 21),
                                         (VA & ~0x1fffffUL) + (3UL << 21),
                                         (1UL << 39) + (7UL << 30),
                                         (1UL << 39) + (7UL << 30),
                                         VA};

    (void)state;
    long_mode_tables();
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        mfn_t m;

        set64(cases[i].table, cases[i].index, cases[i].entry);
        assert_int_equal(translate(addresses[i], true, &m), 0);
        set64(cases[i].table, cases[i].index, cases[i].entry | cases[i].reserved);
        check_fault(addresses[i], false);
        set64(cases[i].table, cases[i].index,
              cases[i].entry | 0x7ff0000000000000UL); /* software's and keys */
        assert_int_equal(translate(addresses[i], true, &m), 0);
    }
    set64(4, 4, 0xa000 | P_W | PTE_NX);
    check(VA, true, 10);
    view.efer &= ~EFER_NXE;
    check_fault(VA, false);
}

/* Behind 4 GiB lies nothing that 32-bit code can name, also with tables that have it. */
#define AD (GUEST_ACCESSED | GUEST_DIRTY)
static uint64_t bits64(uint64_t table, unsigned int index)
{
    return ((uint64_t *)guest_page(table))[index] & AD;
}

static void test_accessed_and_dirty(void **state)
{
    (void)state;
    long_mode_tables();
    check_fault((VA & ~(0x1ffUL << 12)) | 6UL << 12, true); /* read-only: nothing was accessed */
    assert_int_equal(bits64(1, 1) | bits64(2, 2) | bits64(3, 3) | bits64(4, 6), 0);
    check(VA, false, 10);
    assert_int_equal(bits64(4, 4), GUEST_ACCESSED);
    check(VA, true, 10);
    assert_int_equal(bits64(4, 4), AD);
    assert_int_equal(bits64(1, 1), GUEST_ACCESSED);
    assert_int_equal(bits64(2, 2), GUEST_ACCESSED);
    assert_int_equal(bits64(3, 3), GUEST_ACCESSED);
    set64(4, 4, 0xa000 | P_W | PTE_NX); /* a walk that is known */
    check(VA, true, 10);
    assert_int_equal(bits64(4, 4), AD);
    set64(1, 7, 0x1000 | P_W); /* the root in itself */
    check(7UL << 39 | 7UL << 30 | 7UL << 21 | 7UL << 12, true, 1);
    assert_int_equal(bits64(1, 7), AD);
}

static void test_32bit_code_in_long_mode(void **state)
{
    char buf[8];

    (void)state;
    long_mode_tables();
    set64(1, 0, 0x5000 | P_W);
    set64(5, 3, 0x6000 | P_W);
    set64(5, 4, P_W | PTE_LARGE); /* 4 to 5 GiB */
    set64(6, 511, 0x7000 | P_W);
    set64(7, 511, 0xf000 | P_W);
    assert_int_equal(guest_copy(&view, (1UL << 32) - 4, buf, 8, FROM_GUEST), 0);
    view.code64 = false;
    check((1UL << 32) - 4, true, 15);
    check_fault(1UL << 32, false);
    assert_int_equal(guest_copy(&view, (1UL << 32) - 4, buf, 4, FROM_GUEST), 0);
    assert_int_equal(guest_copy(&view, (1UL << 32) - 4, buf, 8, FROM_GUEST), -EFAULT);
    check_fault(VA, false);
}

/* A copy that overwrites the tables it is walked by: it goes where they lead at each page. */
static void test_copy_over_its_own_tables(void **state)
{
    static uint64_t image[2 * PAGE_SIZE / 8];

    (void)state;
    long_mode_tables();
    set64(4, 7, 0x4000 | P_W); /* the last table itself, then page 11 */
    set64(4, 8, 0xb000 | P_W);
    image[8] = 0xd000 | P_W; /* but now page 13 */
    image[512] = 0x1234;
    assert_int_equal(guest_copy(&view, VA + 0x3000, image, sizeof(image), TO_GUEST), 0);
    assert_int_equal(*(uint64_t *)guest_page(13), 0x1234);
    assert_int_equal(*(uint64_t *)guest_page(11), 0);
    long_mode_tables();
    set64(4, 7, 0x4000 | P_W);
    memset(image, 0, sizeof(image)); /* now nothing */
    assert_int_equal(guest_copy(&view, VA + 0x3000, image, sizeof(image), TO_GUEST), -EFAULT);
}

static void test_copy(void **state)
{
    static char out[2 * PAGE_SIZE], in[2 * PAGE_SIZE];

    (void)state;
    long_mode_tables();
    memset(out, 'x', sizeof(out));
    assert_int_equal(guest_copy(&view, VA, out, sizeof(out), TO_GUEST), 0);
    assert_memory_equal(guest_page(10), out, PAGE_SIZE);
    assert_memory_equal(guest_page(11), out, PAGE_SIZE);
    assert_int_equal(guest_copy(&view, VA + 5, in, PAGE_SIZE, FROM_GUEST), 0);
    assert_memory_equal(in, out, PAGE_SIZE);
    assert_int_equal(guest_copy(&view, VA + PAGE_SIZE, out, PAGE_SIZE + 1, TO_GUEST), -EFAULT);
    assert_int_equal(guest_copy(&view, VA, out, 0, TO_GUEST), 0);
    assert_int_equal(guest_copy(&view, ~0UL - 1, in, 4, FROM_GUEST), -EFAULT);
}

/* A walk is remembered, but never believed: whatever the guest changes, at any level, shows at once. */
static void test_known_walks(void **state)
{
    enum p2m_type type;
    mfn_t m;

    (void)state;
    long_mode_tables();
    check(VA, false, 10);
    set64(4, 4, 0xb000 | P_R);
    check(VA, false, 11);
    check_fault(VA, true);
    set64(4, 4, 0xb000 | P_W);
    check(VA, true, 11);
    set64(2, 2, 0);
    check_fault(VA, false);
    set64(2, 2, 0x3000 | P_W);
    check(VA, false, 11);
    view.cr3 = 0x5000; /* an empty root */
    check_fault(VA, false);
    view.cr3 = 0x1000;
    check(VA, false, 11);
    assert_int_equal(p2m_unmap(&dom, gfn(11), &m, &type), 0); /* the page is taken away */
    check_fault(VA, false);
    free_domheap_pages(&mem, mfn_to_page(m), 0);
}

static void test_foreign_and_others(void **state)
{
    struct page_info *pg = alloc_heap_pages(0, NR_ZONES - 1, 0, 0, NULL);
    mfn_t m = page_to_mfn(pg), found;
    enum p2m_type type;

    (void)state;
    assert_int_equal(p2m_map(&dom, gfn(100), m, 0, P2M_FOREIGN), 0);
    assert_int_equal(translate(100 * PAGE_SIZE, true, &found), 0);
    assert_int_equal(found.v, m.v);
    assert_int_equal(p2m_map(&dom, gfn(101), m, 0, P2M_XEN), 0);
    check_fault(101 * PAGE_SIZE, false);
    assert_int_equal(p2m_unmap(&dom, gfn(100), &found, &type), 0);
    check_fault(100 * PAGE_SIZE, false);
    assert_int_equal(p2m_unmap(&dom, gfn(101), &found, &type), 0);
    free_heap_pages(pg, 0);
}

/* Without the lock, and afterwards nothing is used any more, whether it worked or not. */
static void test_copy_says_what_it_uses(void **state)
{
    char byte = 1;

    (void)state;
    spin_lock(&dom.p2m_lock); /* whoever needed it now would hang, or be told by the lock order */
    assert_true(copy_in_use(&view, 0, &byte, 1, FROM_GUEST));
    spin_unlock(&dom.p2m_lock);
    assert_int_equal(byte, 0);
    assert_int_equal(view.uses->generation, 0);
    assert_false(copy_in_use(&view, GUEST_PAGES * PAGE_SIZE, &byte, 1, FROM_GUEST));
    assert_int_equal(view.uses->generation, 0);
}

#define BOTH_WAYS(test)                                                                                      \
    cmocka_unit_test_setup_teardown(test, walk_setup, walk_teardown),                                        \
        cmocka_unit_test_setup_teardown(test, use_setup, walk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_WAYS(test_unpaged),
        BOTH_WAYS(test_long_mode),
        BOTH_WAYS(test_upper_half),
        BOTH_WAYS(test_large_pages),
        BOTH_WAYS(test_pae),
        BOTH_WAYS(test_legacy),
        BOTH_WAYS(test_reserved_bits),
        BOTH_WAYS(test_accessed_and_dirty),
        BOTH_WAYS(test_32bit_code_in_long_mode),
        BOTH_WAYS(test_copy_over_its_own_tables),
        BOTH_WAYS(test_copy),
        BOTH_WAYS(test_known_walks),
        BOTH_WAYS(test_foreign_and_others),
        cmocka_unit_test_setup_teardown(test_copy_says_what_it_uses, use_setup, walk_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
