/* SPDX-License-Identifier: MIT */
/* Exchange with random lists: what the domain sees afterwards is what the chunks that were done make of what
 * it saw before. */
#include "exchange_test.h"
#include <stdlib.h>

#define FRAMES 2048U

/* A frame where, more often than not, a page is or is not. */
static uint64_t random_frame(struct domain *d, bool present, unsigned int order)
{
    uint64_t g = 0;

    for (unsigned int tries = 0; tries < 4; tries++) {
        g = (uint64_t)rand() % FRAMES & ~((1UL << order) - 1);
        if (!page_at(d, g) != present)
            break;
    }
    return g;
}

/* Each frame by itself, or one behind the other; the new ones elsewhere, or where the old ones were. */
static void random_lists(struct domain *d, unsigned int in_order, unsigned int out_order, uint64_t nr_in)
{
    const bool in_row = rand() % 4, same = rand() % 2;

    for (uint64_t i = 0; i < nr_in; i++)
        in[i] = in_row && i ? (in[0] + (i << in_order)) % FRAMES : random_frame(d, true, in_order);
    for (uint64_t i = 0; i < op.out.nr_extents; i++)
        if (same)
            out[i] = (in[(i << out_order) >> in_order] + (i << out_order & ((1UL << in_order) - 1))) &
                     ~((1UL << out_order) - 1);
        else
            out[i] = in_row && i ? (out[0] + (i << out_order)) % FRAMES : random_frame(d, false, out_order);
}

static void look(struct domain *d, uint64_t *seen)
{
    for (uint64_t g = 0; g < FRAMES; g++)
        seen[g] = page_at(d, g) ? page_at(d, g)[7] : ~0UL;
}

/* What one successful chunk turns SEEN into. */
static void expect_chunk(uint64_t *seen, uint64_t i, unsigned int nr_in, unsigned int nr_out)
{
    for (uint64_t k = 0; k < nr_in << op.in.extent_order; k++)
        seen[in[i * nr_in + (k >> op.in.extent_order)] + (k & ((1UL << op.in.extent_order) - 1))] = ~0UL;
    for (uint64_t k = 0; k < nr_out << op.out.extent_order; k++)
        seen[out[i * nr_out + (k >> op.out.extent_order)] + (k & ((1UL << op.out.extent_order) - 1))] = 0;
}

static void test_random(void **state UNUSED)
{
    static uint64_t before[FRAMES], after[FRAMES];
    struct domain *d = make(FRAMES / 2, 9);
    unsigned int succeeded = 0;

    srand(4);
    for (unsigned int round = 0; round < 3000; round++) {
        unsigned int from = (unsigned int)rand() % 10, to = (unsigned int)rand() % 10, larger = MAX(from, to);
        unsigned int nr_in = 1U << (larger - from), nr_out = 1U << (larger - to);

        prepare(d->domid, (uint64_t)nr_in * (1 + (unsigned int)rand() % 2), from, to);
        random_lists(d, from, to, op.in.nr_extents);
        look(d, before);
        (void)run();
        assert_int_equal(op.nr_exchanged % nr_in, 0);
        for (uint64_t i = 0; i < op.nr_exchanged / nr_in; i++)
            expect_chunk(before, i, nr_in, nr_out);
        look(d, after);
        assert_memory_equal(before, after, sizeof(before));
        assert_pages(d, FRAMES / 2);
        succeeded += op.nr_exchanged != 0;
        for (uint64_t g = 0; g < FRAMES; g++)
            if (after[g] == 0)
                stamp(d, g, 1);
    }
    assert_in_range(succeeded, 300, 2700);
    end(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_random)};

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
