/* SPDX-License-Identifier: MIT */
/* lib/string.c and lib/memory.c against the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Ours, under names that do not collide with the C library's. */
#define memcpy   our_memcpy
#define memmove  our_memmove
#define memset   our_memset
#define memcmp   our_memcmp
#define memchr   our_memchr
#define strlen   our_strlen
#define strnlen  our_strnlen
#define strcmp   our_strcmp
#define strncmp  our_strncmp
#define strchr   our_strchr
#define strrchr  our_strrchr
#define strstr   our_strstr
#define strspn   our_strspn
#define strcspn  our_strcspn
#define strcpy   our_strcpy
#define strncpy  our_strncpy
#define strcat   our_strcat
#define strtok_r our_strtok_r
#include "../../lib/include/string.h"
#include "../../lib/memory.c"
#include "../../lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr
#undef strspn
#undef strcspn
#undef strcpy
#undef strncpy
#undef strcat
#undef strtok_r

static const char *const texts[] = {"",    "a",    "b",     "aa",       "ab",    "ba",    "abc", "abcabc",
                                    " a ", "\xff", "a\xff", "aab aaab", "aaabb", "a b,c", ","};
#define NR (sizeof(texts) / sizeof(texts[0]))

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void test_pairs(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR; i++) {
        for (unsigned int j = 0; j < NR; j++) {
            const char *a = texts[i], *b = texts[j];

            assert_int_equal(sign(our_strcmp(a, b)), sign(strcmp(a, b)));
            for (size_t n = 0; n < 5; n++)
                assert_int_equal(sign(our_strncmp(a, b, n)), sign(strncmp(a, b, n)));
            assert_ptr_equal(our_strstr(a, b), strstr(a, b));
            assert_int_equal(our_strspn(a, b), strspn(a, b));
            assert_int_equal(our_strcspn(a, b), strcspn(a, b));
            assert_ptr_equal(our_strchr(a, b[0]), strchr(a, b[0]));
            assert_ptr_equal(our_strrchr(a, b[0]), strrchr(a, b[0]));
            assert_ptr_equal(our_memchr(a, b[0], strlen(a)), memchr(a, b[0], strlen(a)));
        }
        assert_int_equal(our_strlen(texts[i]), strlen(texts[i]));
        assert_int_equal(our_strnlen(texts[i], 2), strlen(texts[i]) < 2 ? strlen(texts[i]) : 2);
    }
}

static void test_tokens(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR; i++) {
        char a[20], b[20], *rest_a, *rest_b, *x, *y;

        our_strcpy(a, texts[i]);
        our_strcpy(b, texts[i]);
        x = our_strtok_r(a, " ,", &rest_a);
        y = strtok_r(b, " ,", &rest_b);
        for (; x && y; x = our_strtok_r(NULL, " ,", &rest_a), y = strtok_r(NULL, " ,", &rest_b))
            assert_string_equal(x, y);
        assert_ptr_equal(x, y);
    }
}

/* Every length, offset and overlap, byte by byte beside it. */
static void test_moving(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++) {
        for (size_t from = 0; from < 12; from++) {
            for (size_t to = 0; to < 12; to++) {
                uint8_t seen[64], before[64];

                for (size_t i = 0; i < sizeof(seen); i++)
                    before[i] = seen[i] = (uint8_t)(i * 7);
                assert_ptr_equal(our_memmove(seen + to, seen + from, n), seen + to);
                for (size_t i = 0; i < sizeof(seen); i++)
                    assert_int_equal(seen[i], i >= to && i < to + n ? before[i - to + from] : before[i]);
                our_memset(seen + to, 0x1f3, n);
                for (size_t i = 0; i < n; i++)
                    assert_int_equal(seen[to + i], 0xf3);
                our_memcpy(seen, before + from, n);
                assert_int_equal(our_memcmp(seen, before + from, n), 0);
            }
        }
    }
}

static void test_building(void **state)
{
    char s[8];

    (void)state;
    our_strcpy(s, "ab");
    our_strcat(s, "cd");
    assert_int_equal(strcmp(s, "abcd"), 0);
    our_memset(s, '~', sizeof(s));
    our_strncpy(s, "xy", 4);
    assert_int_equal(memcmp(s, "xy\0\0~~~~", 8), 0);
    our_strncpy(s, "123456789", 3);
    assert_int_equal(memcmp(s, "123\0~~~~", 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_moving),
        cmocka_unit_test(test_building),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
