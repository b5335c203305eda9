/* SPDX-License-Identifier: MIT */
/* Keys of allod.cfg that nobody knows, and values that no key can have: each with its message. */
#include "config_test.h"

static void wrong_keys(void **state)
{
    (void)state;
    bad("[domain b]\nimage = b.elf\nmemroy = 64M  vcpus = 1\n", "",
        "allod.cfg:3: read \"memroy = 64M\", expected one of: " DOMAIN_KEYS);
    bad("[allod]\nmemory = 64M\n", "",
        "allod.cfg:2: read \"memory = 64M\", expected one of: console, log, loglvl, trace, checks, fail, "
        "watchdog, idle-scrub, input, mistake");
    bad("[domain b]\nimage = a  image = b\n", "",
        "allod.cfg:2: read \"image = b\", expected each key once in a section");
    bad("[domain b]\nimage b.elf\n", "", "allod.cfg:2: read \"image \", expected key = value");
    bad("[domain b]\n= b.elf\n", "", "allod.cfg:2: read \"= b.elf\", expected one of: " DOMAIN_KEYS);
    bad(any, "conosle=com2",
        "command line: read \"conosle=com2\", expected one of: console, log, loglvl, trace, checks, fail, "
        "watchdog, idle-scrub, input, mistake");
    bad(any, "debug", "command line: read \"debug\", expected key=value");
    bad(any, "console = com2", "command line: read \"console\", expected key=value");
    bad(any, "hello.memory=2M", "command line: read \"hello.memory=2M\", expected a domain: builder");
    bad(any, "builder.=2M", "command line: read \"builder.=2M\", expected one of: " DOMAIN_KEYS);
}

static void wrong_value_shown(const char *setting, const char *shown, const char *expected)
{
    char text[512], message[512];

    snprintf(text, sizeof(text), "[domain b]\n%s\n", setting);
    snprintf(message, sizeof(message), "allod.cfg:2: read \"%s\", expected %s", shown, expected);
    bad(text, "", message);
}

static void wrong_value(const char *setting, const char *expected)
{
    wrong_value_shown(setting, setting, expected);
}

/* Which allocation fails, and how many in a row. */
static void refused(const char *const *values, size_t nr, const char *expected)
{
    char message[200];

    for (size_t i = 0; i < nr; i++) {
        snprintf(message, sizeof(message), "command line: read \"%s\", expected %s", values[i], expected);
        bad(any, values[i], message);
    }
}

static void fail_key(void **state)
{
    static const char *const wrong[] = {"fail=0",  "fail=1,",    "fail=1,0",        "fail=,1",
                                        "fail=-1", "fail=1,2,3", "fail=4294967296", "fail=1x"};

    (void)state;
    good(any, "fail=7");
    assert_int_equal(c.fail, 7);
    assert_int_equal(c.fail_times, 1);
    good(any, "fail=1,4294967295");
    assert_int_equal(c.fail_times, UINT32_MAX);
    refused(wrong, ARRAY_SIZE(wrong), "a debug build, and N or N,TIMES from 1 on");
}

static void watchdog_and_mistake_keys(void **state)
{
    static const char *const seconds[] = {"watchdog=3601"};
    static const char *const mistakes[] = {"mistake=hang", "mistake=hang@256", "mistake=hung@1"};

    (void)state;
    good(any, "");
    assert_int_equal(c.watchdog, 10);
    assert_true(c.idle_scrub);
    good(any, "watchdog=3600 mistake=overflow@255 idle-scrub=no input=1");
    assert_true(c.watchdog == 3600 && !c.idle_scrub && c.input == 1);
    assert_true(c.mistake == MISTAKE_OVERFLOW && c.mistake_cpu == 255);
    refused(seconds, ARRAY_SIZE(seconds), "seconds from 0 to 3600");
    refused(mistakes, ARRAY_SIZE(mistakes),
            "a debug build, and hang@CPU, panic@CPU or overflow@CPU from 1 to 255");
}

static void wrong_values(void **state)
{
    static const char *const memory[] = {"0M",           "64",   "64m",     "M",
                                         "-1M",          "1.5G", "1023K",   "1025K",
                                         "0x10M",        "64MB", "262145G", "99999999999999999999G",
                                         "17179869184G", "64 M"};
    static const char *const vcpus[] = {"0", "129", "-1", "1x", "4294967297", "\"\""};
    char text[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(memory); i++) {
        snprintf(text, sizeof(text), "memory = %s", memory[i]);
        wrong_value(text, "whole 4K pages from 1M to 262144G, with K, M or G behind the number");
    }
    for (size_t i = 0; i < ARRAY_SIZE(vcpus); i++) {
        snprintf(text, sizeof(text), "vcpus = %s", vcpus[i]);
        wrong_value(text, "a number from 1 to 128");
    }
    wrong_value("vnodes = 0,1,2,3,4,5,6,7,0", "up to 8 of the machine's nodes, as in 0,1");
    wrong_value("privileged = true", "yes or no");
    wrong_value("console = com1", "yes or no");
    wrong_value("image = \"\"", "a file name without a path, at most 63 characters");
    wrong_value("image = efi/x", "a file name without a path, at most 63 characters");
    wrong_value("image = efi\\x", "a file name without a path, at most 63 characters");
    wrong_value_shown("image = \"a\tb\"", "image = \"a?b\"",
                      "a file name without a path, at most 63 characters");
    wrong_value("image = a b", "a file name without a path, at most 63 characters");
    wrong_value("modules = 1 2 3 4 5 6 7 8 9 a b c d e f g h",
                "at most 16 file names without paths, each at most 63 characters");
    wrong_value("modules = a /b", "at most 16 file names without paths, each at most 63 characters");
    bad(any, "console=com3", "command line: read \"console=com3\", expected com1 or com2");
    bad(any, "loglvl=all", "command line: read \"loglvl=all\", expected one of: err, warn, info, debug");
}

/* N times 'x' fits, one more does not; messages quote the beginning. */
static void length_limits(void **state)
{
    static const struct {
        const char *key;
        int fits;
        const char *expected;
    } limits[] = {
        {"cmdline", CONFIG_CMDLINE_SIZE - 1, "at most 255 characters"},
        {"image", BOOT_NAME_SIZE - 1, "a file name without a path, at most 63 characters"},
    };
    char text[500], line[400], message[500];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        memset(line, 'x', sizeof(line));
        line[limits[i].fits] = 0;
        snprintf(text, sizeof(text), "[domain b]\n%s = %s", limits[i].key, line);
        good(text, "b.image=i");
        line[limits[i].fits] = 'x';
        line[limits[i].fits + 1] = 0;
        snprintf(text, sizeof(text), "[domain b]\n%s = %s", limits[i].key, line);
        snprintf(message, sizeof(message), "allod.cfg:2: read \"%.60s...\", expected %s", text + 11,
                 limits[i].expected);
        bad(text, "", message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_keys),
        cmocka_unit_test(fail_key),
        cmocka_unit_test(watchdog_and_mistake_keys),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(length_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
