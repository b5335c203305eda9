/* SPDX-License-Identifier: MIT */
/* lib/printf.c and lib/number.c against the C library: the same text, the same length, the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Our functions, under names that do not collide with the C library's. */
int our_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int our_snprintf(char *buf, size_t size, const char *fmt, ...);
unsigned long our_strtoul(const char *s, char **end, int base);
unsigned long long our_strtoull(const char *s, char **end, int base);
long our_strtol(const char *s, char **end, int base);

#define vsnprintf our_vsnprintf
#define snprintf  our_snprintf
#define strtoul   our_strtoul
#define strtoull  our_strtoull
#define strtol    our_strtol
#include "../../lib/number.c"
#include "../../lib/printf.c"
#undef vsnprintf
#undef snprintf
#undef strtoul
#undef strtoull
#undef strtol

/* The formats vary at run time, so the compiler cannot check them. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"

static void compare(size_t size, const char *fmt, ...)
{
    char expected[200], seen[200];
    va_list args, again;
    int expected_len, seen_len;

    memset(expected, '~', sizeof(expected));
    memset(seen, '~', sizeof(seen));
    va_start(args, fmt);
    va_copy(again, args);
    expected_len = vsnprintf(expected, size, fmt, args);
    seen_len = our_vsnprintf(seen, size, fmt, again);
    va_end(again);
    va_end(args);
    if (expected_len != seen_len || memcmp(expected, seen, sizeof(expected)))
        fail_msg("\"%s\": expected \"%.*s\" (%d), seen \"%.*s\" (%d)", fmt, (int)size, expected, expected_len,
                 (int)size, seen, seen_len);
}

static const int64_t values[] = {0,   1,   -1,        9,         10,        127,      128,
                                 255, 256, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};

static void test_integers(void **state)
{
    static const char *const flags[] = {"", "-", "0", "+", " ", "#", "-#", "0#", "+0", "-+"};
    static const char *const fields[] = {"", "1", "5", "12", "30", ".0", ".1", ".5", "12.5", "5.12", "30.25"};
    static const char *const sizes[] = {"hh", "h", "", "l", "ll", "z", "j", "t"};
    static const char conversions[] = "diuxX";
    char fmt[32];

    (void)state;
    for (unsigned int a = 0; a < sizeof(flags) / sizeof(flags[0]); a++)
        for (unsigned int b = 0; b < sizeof(fields) / sizeof(fields[0]); b++)
            for (unsigned int c = 0; c < sizeof(sizes) / sizeof(sizes[0]); c++)
                for (unsigned int d = 0; conversions[d]; d++) {
                    snprintf(fmt, sizeof(fmt), "<%%%s%s%s%c>", flags[a], fields[b], sizes[c], conversions[d]);
                    for (unsigned int v = 0; v < sizeof(values) / sizeof(values[0]); v++)
                        compare(150, fmt, values[v]);
                }
}

static void test_text(void **state)
{
    (void)state;
    compare(150, "%s", "");
    compare(150, "%s|%10s|%-10s|%.2s|%10.2s|%-10.2s|%.0s", "a", "bc", "def", "ghi", "jkl", "mno", "pqr");
    compare(150, "%.3s", "abc"); /* reads no further */
    compare(150, "%c|%5c|%-5c|", 'x', 'y', 'z');
    compare(150, "%%|100%%");
    compare(150, "%p %20p %-20p|", (void *)0x1234, (void *)0xffff, (void *)1);
    compare(150, "%s", (char *)NULL);
}

static void test_arguments_give_width_and_precision(void **state)
{
    (void)state;
    compare(150, "%*d|%-*d|%*d|", 5, 1, 5, 2, -5, 3);
    compare(150, "%.*d|%.*s|%*.*x|", 3, 7, 2, "abc", 8, 4, 0xab);
    compare(150, "%.*d|%.*s|", -1, 7, -1, "abc");
}

static void test_short_buffers(void **state)
{
    (void)state;
    for (size_t size = 0; size < 12; size++)
        compare(size, "%d %s", 1234, "abcdef");
    assert_int_equal(our_snprintf(NULL, 0, "%s", "abc"), 3);
}

static void test_lone_percent(void **state)
{
    char buf[8];

    (void)state;
    assert_int_equal(our_snprintf(buf, sizeof(buf), "ab%"), 2);
    assert_string_equal(buf, "ab");
}

static void test_numbers_from_text(void **state)
{
    static const char *const texts[] = {"",
                                        "0",
                                        "42",
                                        " \t7x",
                                        "-1",
                                        "+5",
                                        "0x1f",
                                        "0X1F",
                                        "0x",
                                        "0xg",
                                        "017",
                                        "08",
                                        "zz",
                                        "abc",
                                        "-",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "99999999999999999999999z",
                                        "-18446744073709551615"};
    static const int bases[] = {0, 10, 16, 8, 2, 36};

    (void)state;
    for (unsigned int t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
        for (unsigned int b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
            char *expected_end, *seen_end;
            unsigned long expected = strtoul(texts[t], &expected_end, bases[b]);

            assert_true(our_strtoul(texts[t], &seen_end, bases[b]) == expected);
            assert_ptr_equal(seen_end, expected_end);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_arguments_give_width_and_precision),
        cmocka_unit_test(test_short_buffers),
        cmocka_unit_test(test_lone_percent),
        cmocka_unit_test(test_numbers_from_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
