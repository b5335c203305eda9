/* SPDX-License-Identifier: MIT */
/* The guest page-table walker against tables that are made to deceive it, and while they change. */
#include "p2m_real.h"

#include "../../arch/x86_64/guest/walk.c"

#include <pthread.h>

/* Guest RAM: gfn 0 to 15. Root in page 1, then 2, 3, 4; VA goes to page 10 at first. */
#define GUEST_PAGES 16
#define P_W         3UL
#define P_USER      4UL
#define VA          ((1UL << 39) | (2UL << 30) | (3UL << 21) | (4UL << 12))
#define CHANGES     20000
#define ENOUGH      1000 /* copies that find the way, and that do not */

static struct known_walk known[KNOWN_WALKS];
static struct guest_view view;

static uint64_t *guest_page(uint64_t g)
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
        rc = p2m_map(&dom, gfn(g), page_to_mfn(pg), 0, P2M_RAM);
    }
    memset(known, 0, sizeof(known));
    view = (struct guest_view){.domain = &dom,
                               .cr0 = CR0_PG | CR0_PE,
                               .cr3 = 0x1000,
                               .cr4 = CR4_PAE,
                               .efer = EFER_LMA | EFER_LME,
                               .code64 = true,
                               .known = known};
    guest_page(1)[1] = 0x2000 | P_W;
    guest_page(2)[2] = 0x3000 | P_W;
    guest_page(3)[3] = 0x4000 | P_W;
    guest_page(4)[4] = 0xa000 | P_W;
    return rc;
}

static int walk_teardown(void **state)
{
    enum p2m_type type;
    mfn_t m;

    for (uint64_t g = 0; g < GUEST_PAGES; g++)
        if (p2m_unmap(&dom, gfn(g), &m, &type) == 0)
            free_domheap_pages(&mem, mfn_to_page(m), 0);
    return teardown(state);
}

static int translate(uint64_t va, unsigned int access, mfn_t *m)
{
    int rc;

    spin_lock(&dom.p2m_lock);
    rc = guest_translate(&view, va, access, m);
    spin_unlock(&dom.p2m_lock);
    return rc;
}

static void check_frame(uint64_t va, uint64_t g)
{
    mfn_t m;

    assert_int_equal(translate(va, ACCESS_WRITE, &m), 0);
    assert_ptr_equal(mfn_to_virt(m), guest_page(g));
}

/* Each level in turn points to itself: the walk ends after as many steps as there are levels. */
static void test_tables_in_themselves(void **state)
{
    (void)state;
    guest_page(1)[7] = 0x1000 | P_W;
    check_frame((7UL << 39) | (7UL << 30) | (7UL << 21) | (7UL << 12), 1);
    check_frame((7UL << 39) | (7UL << 30) | (7UL << 21) | (1UL << 12), 2);
    guest_page(4)[7] = 0x4000 | P_W;
    check_frame((VA & ~0x1fffffUL) | (7UL << 12), 4);
}

/* Everything that an entry can hold, at each level: a frame of the domain's or a fault. */
static void test_any_entry(void **state)
{
    static const uint64_t page_of[] = {0, 4, 3, 2, 1};
    uint64_t x = 88172645463325252UL;
    mfn_t m;

    (void)state;
    for (unsigned int level = 1; level <= 4; level++) {
        uint64_t *entry = &guest_page(page_of[level])[5 - level], old = *entry;

        for (unsigned int i = 0; i < CHANGES; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            *entry = i & 1 ? x : (x & 0xf0000000ffffUL) | P_W;
            if (translate(VA, ACCESS_READ, &m) == 0)
                assert_int_equal(mfn_to_page(m)->owner, mem.domid);
        }
        *entry = old;
        check_frame(VA, 10);
    }
}

/* Rights hold for the whole way: the weakest entry decides. */
static void test_rights(void **state)
{
    uint64_t *const entry[] = {&guest_page(1)[1], &guest_page(2)[2], &guest_page(3)[3], &guest_page(4)[4]};
    mfn_t m;

    (void)state;
    assert_int_equal(translate(VA, ACCESS_USER, &m), -EFAULT);
    for (unsigned int i = 0; i < ARRAY_SIZE(entry); i++)
        *entry[i] |= P_USER;
    assert_int_equal(translate(VA, ACCESS_WRITE | ACCESS_USER, &m), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(entry); i++) {
        *entry[i] &= ~P_USER;
        assert_int_equal(translate(VA, ACCESS_USER, &m), -EFAULT);
        assert_int_equal(translate(VA, ACCESS_WRITE, &m), 0);
        *entry[i] ^= P_USER | 2;
        assert_int_equal(translate(VA, ACCESS_USER, &m), 0);
        assert_int_equal(translate(VA, ACCESS_USER | ACCESS_WRITE, &m), -EFAULT);
        *entry[i] |= 2;
    }
}

struct changer {
    uint64_t *entry;
    bool stop;
};

/* What another vCPU of the guest may do all the time. */
static void *change(void *arg)
{
    static const uint64_t values[] = {
        0x4000 | P_W, 0x5000 | P_W, 0, ~0UL, 0xfee00000 | P_W, (GUEST_PAGES * PAGE_SIZE) | P_W,
        0x80 | P_W,   0x4000 | 1,
    };
    struct changer *c = arg;

    for (unsigned int i = 0; !__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE); i++)
        __atomic_store_n(c->entry, values[i % ARRAY_SIZE(values)], __ATOMIC_RELAXED);
    return NULL;
}

/* Pages 10 and 11 hold the same text, and so does page 4 of the large page: a copy brings it whole, or
 * faults. */
static void test_changing_table(void **state)
{
    struct changer c = {.entry = &guest_page(3)[3]};
    char text[64], expected[64];
    unsigned int good = 0, faults = 0;
    pthread_t thread;

    (void)state;
    memset(expected, 'x', sizeof(expected));
    guest_page(5)[4] = 0xb000 | P_W;
    memset((char *)guest_page(10) + 2048, 'x', sizeof(expected));
    memset((char *)guest_page(11) + 2048, 'x', sizeof(expected));
    memset((char *)guest_page(4) + 2048, 'x', sizeof(expected));
    assert_int_equal(pthread_create(&thread, NULL, change, &c), 0);
    while (good < ENOUGH || faults < ENOUGH) {
        int rc = guest_copy(&view, VA + 2048, text, sizeof(text), FROM_GUEST);

        assert_true(rc == 0 || rc == -EFAULT);
        if (rc == 0)
            assert_memory_equal(text, expected, sizeof(expected));
        good += rc == 0;
        faults += rc != 0;
    }
    __atomic_store_n(&c.stop, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    *c.entry = 0x4000 | P_W;
    check_frame(VA, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tables_in_themselves, walk_setup, walk_teardown),
        cmocka_unit_test_setup_teardown(test_any_entry, walk_setup, walk_teardown),
        cmocka_unit_test_setup_teardown(test_rights, walk_setup, walk_teardown),
        cmocka_unit_test_setup_teardown(test_changing_table, walk_setup, walk_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
