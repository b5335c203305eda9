/* SPDX-License-Identifier: MIT */
/* guest/lib/malloc.c on an arena of this test: blocks never overlap, alignment holds, and all comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef malloc
#undef calloc
#undef realloc
#undef free
#define malloc        guest_malloc
#define calloc        guest_calloc
#define realloc       guest_realloc
#define aligned_alloc guest_aligned_alloc
#define free          guest_free

void *guest_malloc(size_t size);
void *guest_calloc(size_t nr, size_t size);
void *guest_realloc(void *p, size_t size);
void *guest_aligned_alloc(size_t align, size_t size);
void guest_free(void *p);

#include "../../guest/lib/malloc.c"

/* One thread finds the lock free, and every way out gives it back. */
uint64_t lock_quietly(struct guest_lock *l)
{
    assert_false(l->held);
    l->held = true;
    return 0x202;
}

void unlock_quietly(struct guest_lock *l, uint64_t flags)
{
    assert_true(l->held);
    assert_int_equal(flags, 0x202);
    l->held = false;
}

#define ARENA (1UL << 20)
#define SLOTS 64

static char arena[ARENA] __attribute__((aligned(PAGE_SIZE)));

static int setup(void **state)
{
    (void)state;
    memset(arena, 0xa5, sizeof(arena));
    malloc_init((uintptr_t)arena, (uintptr_t)arena + ARENA);
    return 0;
}

static const size_t whole = ARENA - sizeof(struct block);

static void test_everything_comes_back(void **state)
{
    struct {
        unsigned char *at, fill;
        size_t size;
    } slot[SLOTS] = {{NULL, 0, 0}};
    unsigned int seed = 1;

    (void)state;
    for (unsigned int round = 0; round < 20000; round++) {
        unsigned int s = (unsigned int)rand_r(&seed) % SLOTS;
        size_t align = 1UL << ((unsigned int)rand_r(&seed) % 13);

        for (size_t i = 0; slot[s].at && i < slot[s].size; i++)
            assert_int_equal(slot[s].at[i], slot[s].fill);
        free(slot[s].at);
        slot[s].size = (size_t)rand_r(&seed) % 20000;
        slot[s].fill = (unsigned char)rand_r(&seed);
        slot[s].at = aligned_alloc(align, slot[s].size);
        if (!slot[s].at)
            continue;
        assert_int_equal((uintptr_t)slot[s].at % (align < 16 ? 16 : align), 0);
        assert_true((char *)slot[s].at >= arena && (char *)slot[s].at + slot[s].size <= arena + ARENA);
        memset(slot[s].at, slot[s].fill, slot[s].size);
    }
    for (unsigned int s = 0; s < SLOTS; s++)
        free(slot[s].at);
    assert_non_null(malloc(whole));
}

static void test_limits(void **state)
{
    void *p = malloc(whole);

    (void)state;
    assert_non_null(p);
    errno = 0;
    assert_null(malloc(0));
    assert_int_equal(errno, ENOMEM);
    free(p);
    assert_null(malloc(whole + 1));
    assert_null(malloc(SIZE_MAX));
    assert_null(calloc(SIZE_MAX / 2, 3));
    free(NULL);
}

static void test_contents(void **state)
{
    char *p = calloc(10, 10), *q;

    (void)state;
    for (unsigned int i = 0; i < 100; i++)
        assert_int_equal(p[i], 0);
    memcpy(p, "abc", 4);
    q = realloc(p, 5000);
    assert_string_equal(q, "abc");
    q = realloc(q, 4);
    assert_string_equal(q, "abc");
    assert_non_null(realloc(NULL, 4));
}

static void test_no_arena(void **state)
{
    (void)state;
    first = NULL;
    malloc_init((uintptr_t)arena + 1, (uintptr_t)arena + 20);
    assert_null(malloc(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_everything_comes_back, setup),
        cmocka_unit_test_setup(test_limits, setup),
        cmocka_unit_test_setup(test_contents, setup),
        cmocka_unit_test_setup(test_no_arena, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
