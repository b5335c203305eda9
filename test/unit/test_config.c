/* SPDX-License-Identifier: MIT */
/* allod.cfg and the command line: what they may say, each mistake's message, and random damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "error.h"
#include "observe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct config c;
static char error[CONFIG_ERROR_SIZE];

/* Parse copies of exactly the needed size, so that the address sanitizer sees a read beyond them. */
static int parse(const char *text, size_t size, const char *cmdline)
{
    char *copy = malloc(size ? size : 1), *line = strdup(cmdline);

    memcpy(copy, text, size);
    memset(&c, 0xa5, sizeof(c));
    memset(error, 0, sizeof(error));
    int rc = config_parse(&c, copy, size, line, error, sizeof(error));
    free(copy);
    free(line);
    return rc;
}

static void good(const char *text, const char *cmdline)
{
    if (parse(text, strlen(text), cmdline) != 0)
        fail_msg("%s", error);
}

static void bad(const char *text, const char *cmdline, const char *message)
{
    assert_int_equal(parse(text, strlen(text), cmdline), -EINVAL);
    assert_string_equal(error, message);
}

/* ---- What is allowed ---- */

static void example(void **state)
{
    (void)state;
    good("# allod.cfg\n"
         "[allod]\n"
         "console = com2        loglvl = debug       trace = claim,heap\n"
         "[domain builder]      # boot-time domains need no toolstack\n"
         "image = builder.elf   memory = 64M   vcpus = 2   privileged = yes   modules = boot-storm.scn   "
         "cmdline = \"run  a=b\"\n"
         "\n"
         "[domain hello]\n"
         "  image=hello.elf",
         "");
    assert_int_equal(c.console, 2);
    assert_int_equal(c.log, 1);
    assert_int_equal(c.loglvl, LOG_DEBUG);
    assert_int_equal(c.trace, TRACE_CLAIM | TRACE_HEAP);
    assert_int_equal(c.nr_domains, 2);

    const struct config_domain *d = &c.domains[0];
    assert_string_equal(d->name, "builder");
    assert_string_equal(d->image, "builder.elf");
    assert_int_equal(d->memory, 64 * MiB);
    assert_int_equal(d->vcpus, 2);
    assert_true(d->privileged);
    assert_false(d->console);
    assert_int_equal(d->nr_modules, 1);
    assert_string_equal(d->modules[0], "boot-storm.scn");
    assert_string_equal(d->cmdline, "run  a=b");
    assert_int_equal(d->line, 4);

    d = &c.domains[1];
    assert_string_equal(d->image, "hello.elf");
    assert_int_equal(d->memory, 64 * MiB);
    assert_int_equal(d->vcpus, 1);
    assert_false(d->privileged);
    assert_int_equal(d->nr_modules, 0);
    assert_string_equal(d->cmdline, "");
}

static void defaults(void **state)
{
    (void)state;
    good("[domain x]\nimage = a\n", "");
    assert_int_equal(c.console, 1);
    assert_int_equal(c.log, 1);
    assert_int_equal(c.loglvl, LOG_INFO);
    assert_int_equal(c.trace, 0);
}

static void values(void **state)
{
    (void)state;
    good("[domain x]\r\n"
         "image\t=\tan.elf\tmemory = 3G  vcpus = 128\r\n"
         "modules = a.scn b.elf # not c\r\n"
         "cmdline = run a#b  console = no # yes\r\n",
         "");
    assert_string_equal(c.domains[0].image, "an.elf");
    assert_int_equal(c.domains[0].memory, 3 * GiB);
    assert_int_equal(c.domains[0].vcpus, 128);
    assert_int_equal(c.domains[0].nr_modules, 2);
    assert_string_equal(c.domains[0].modules[1], "b.elf");
    assert_string_equal(c.domains[0].cmdline, "run a#b");

    good("[domain x]\nmodules = \" a  b \" image=\"i\"  memory=1024K  cmdline=\"\"\n", "");
    assert_int_equal(c.domains[0].nr_modules, 2);
    assert_string_equal(c.domains[0].modules[0], "a");
    assert_int_equal(c.domains[0].memory, MiB);
    good("[domain x]\nimage = a  memory = 262144G  modules = 1 2 3 4 5 6 7 8 9 a b c d e f g", "");
    assert_int_equal(c.domains[0].memory, 1UL << 48);
    assert_int_equal(c.domains[0].nr_modules, 16);
    good("[domain x]\nimage = a  vnodes = 63,0,0\n", "");
    assert_int_equal(c.domains[0].nr_vnodes, 3);
    assert_int_equal(c.domains[0].vnodes[0], 63);
    good("[domain x]\nimage = a  vnodes = 0,1,2,3,4,5,6,7\n", "x.vnodes=5");
    assert_int_equal(c.domains[0].nr_vnodes, 1);
}

static void console_owner(void **state)
{
    (void)state;
    good("[domain a]\nimage=i\n[domain b]\nimage=i  privileged = yes\n[domain c]\nimage=i  console=yes", "");
    assert_int_equal(config_console_owner(&c), 2);
    good("[domain a]\nimage=i\n[domain b]\nimage=i  privileged = yes\n[domain c]\nimage=i  privileged=yes",
         "");
    assert_int_equal(config_console_owner(&c), 1);
    good("[domain a]\nimage=i\n[domain b]\nimage=i", "");
    assert_int_equal(config_console_owner(&c), 0);
}

static void command_line(void **state)
{
    (void)state;
    good("[allod]\nconsole = com1  loglvl = err\n[domain builder]\nimage = i\ncmdline = demo\n[domain "
         "b]\nimage = i\n",
         "  console=com2 loglvl=debug\tlog=com2 builder.cmdline=\"run x.scn\" b.memory=2M b.memory=4M "
         "builder.image=j "
         "b.cmdline=k=v#w ");
    assert_int_equal(c.console, 2);
    assert_int_equal(c.log, 2);
    assert_int_equal(c.loglvl, LOG_DEBUG);
    assert_string_equal(c.domains[0].cmdline, "run x.scn");
    assert_string_equal(c.domains[0].image, "j");
    assert_int_equal(c.domains[1].memory, 4 * MiB);
    assert_string_equal(c.domains[1].cmdline, "k=v#w");
    good("[domain b]\n", "b.image=from-here");
    assert_string_equal(c.domains[0].image, "from-here");
}

/* ---- Every mistake ---- */

static const char any[] = "[domain builder]\nimage = b.elf\n";

#define DOMAIN_KEYS "image, memory, vcpus, vnodes, privileged, console, modules, cmdline"

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

static void wrong_syntax(void **state)
{
    (void)state;
    bad("[allod]\nconsole = com1 loglvl = info\n", "",
        "allod.cfg:2: read \"console = com1 loglvl = info\", expected two blanks between settings, or quotes "
        "around "
        "the value");
    bad("[domain b]\ncmdline = \"abc # d\n", "",
        "allod.cfg:2: read \"cmdline = \"abc # d\", expected a closing \"");
    bad("[domain b]\ncmdline = \"a\"b\n", "",
        "allod.cfg:2: read \"cmdline = \"a\"\", expected a blank behind the closing \"");
    bad("[domain b]\ncmdline = a \"b\"\n", "",
        "allod.cfg:2: read \"cmdline = a \"b\"\", expected quotes around the whole value");
    bad("[domain b]\ncmdline =\n", "",
        "allod.cfg:2: read \"cmdline =\", expected a value behind \"=\", such as \"\"");
    bad("[domain b]\ncmdline = # x\n", "",
        "allod.cfg:2: read \"cmdline = # x\", expected a value behind \"=\", such as \"\"");
    bad(any, "builder.cmdline=",
        "command line: read \"builder.cmdline=\", expected a value behind \"=\", such as \"\"");
    bad(any, "builder.cmdline=\"a b", "command line: read \"builder.cmdline=\"a b\", expected a closing \"");
}

static void wrong_sections(void **state)
{
    (void)state;
    bad("image = b\n", "", "allod.cfg:1: read \"image = b\", expected [allod] or [domain NAME] before it");
    bad("\n\n[domian b]\n", "", "allod.cfg:3: read \"[domian b]\", expected [allod] or [domain NAME]");
    bad("[domain b\n", "",
        "allod.cfg:1: read \"[domain b\", expected [allod] or [domain NAME] on a line of its own");
    bad("[allod] console = com1\n", "",
        "allod.cfg:1: read \"[allod] console = com1\", expected [allod] or [domain NAME] on a line of its "
        "own");
    bad("[allod]\n[allod]\n", "", "allod.cfg:2: read \"[allod]\", expected [allod] only once");
    bad("[domain ]\n", "",
        "allod.cfg:1: read \"[domain ]\", expected a name of 1 to 15 letters, digits, '-' and '_'");
    bad("[domain a.b]\n", "",
        "allod.cfg:1: read \"[domain a.b]\", expected a name of 1 to 15 letters, digits, '-' and '_'");
    bad("[domain 1234567890123456]\n", "",
        "allod.cfg:1: read \"[domain 1234567890123456]\", expected a name of 1 to 15 letters, digits, '-' "
        "and '_'");
    bad("[domain a]\nimage = i\n[domain b]\nimage = i\n[domain a]\n", "",
        "allod.cfg:5: read \"[domain a]\", expected a name that no other domain has");
    bad("[domain 1]\n[domain 2]\n[domain 3]\n[domain 4]\n[domain 5]\n[domain 6]\n[domain 7]\n[domain "
        "8]\n[domain 9]\n",
        "", "allod.cfg:9: read \"[domain 9]\", expected at most 8 domains");
}

static void missing(void **state)
{
    (void)state;
    bad("", "", "allod.cfg:1: read \"end of file\", expected at least one [domain NAME]");
    bad("[allod]\n\nconsole = com1\n", "",
        "allod.cfg:3: read \"end of file\", expected at least one [domain NAME]");
    bad("[domain a]\nimage = i\n[domain b]\nmemory = 2M\n", "",
        "allod.cfg:3: read \"b\", expected image = FILE in this domain's section");
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

#define UNPRINTABLE "text without NUL bytes and other control characters"

static void unprintable_text(void **state)
{
    static const char nul[] = "[domain b]\nim\0ge\x1b\xff = x\n",
                      nul_in_comment[] = "# a\0b\n[domain b]\nimage = x\n";
    static const char utf16[] = "\xff\xfe[\0a\0l\0";

    (void)state;
    assert_int_equal(parse(nul, sizeof(nul) - 1, ""), -EINVAL);
    assert_string_equal(error, "allod.cfg:2: read \"im?ge?? = x\", expected " UNPRINTABLE);
    assert_int_equal(parse(nul_in_comment, sizeof(nul_in_comment) - 1, ""), -EINVAL);
    assert_string_equal(error, "allod.cfg:1: read \"# a?b\", expected " UNPRINTABLE);
    assert_int_equal(parse(utf16, sizeof(utf16) - 1, ""), -EINVAL);
    assert_string_equal(error, "allod.cfg:1: read \"??[?a?l?\", expected " UNPRINTABLE);
    bad("[domain b]\rimage = x\r", "", "allod.cfg:1: read \"[domain b]?image = x\", expected " UNPRINTABLE);
    bad("[domain b]\nimage = x\r\r\n", "", "allod.cfg:2: read \"image = x?\", expected " UNPRINTABLE);
}

/* What editors do to a file: a byte order mark, CR LF, no newline at the end; and UTF-8 in comments and
 * values. */
static void editors(void **state)
{
    (void)state;
    good("\xef\xbb\xbf[domain b]\r\nimage = x\r\n\r\n# \xc3\xbc\r\ncmdline = \xc3\xbc  vcpus = 2", "");
    assert_string_equal(c.domains[0].image, "x");
    assert_string_equal(c.domains[0].cmdline, "\xc3\xbc");
    assert_int_equal(c.domains[0].vcpus, 2);
    good("\xef\xbb\xbf# words\n[domain b]\nimage = x", "");
    bad("\xef\xbb[domain b]\n", "",
        "allod.cfg:1: read \"??[domain b]\", expected [allod] or [domain NAME] before it");
    bad("[domain b]\n\xef\xbb\xbfimage = x\n", "",
        "allod.cfg:2: read \"???image = x\", expected one of: " DOMAIN_KEYS);
}

/* A file of 64 KiB: one long comment, one long value, many lines. */
static void large_files(void **state)
{
    enum { SIZE = 65536 };
    char *text = malloc(SIZE + 1);

    (void)state;
    memset(text, '#', SIZE);
    text[SIZE] = 0;
    memcpy(text + SIZE - 22, "\n[domain b]\nimage = x\n", 23);
    good(text, "");
    memset(text, 'x', SIZE);
    memcpy(text, "[domain b]\nimage = ", 19);
    bad(text, "",
        "allod.cfg:2: read \"image = xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\", expected a "
        "file name "
        "without a path, at most 63 characters");
    memset(text, '\n', SIZE);
    memcpy(text + SIZE - 5, "[all]", 5);
    bad(text, "", "allod.cfg:65532: read \"[all]\", expected [allod] or [domain NAME]");
    free(text);
}

static void list_of_modules(void **state)
{
    (void)state;
    good("[domain b]\nimage = i  modules = \" a\t b c \"\n", "");
    assert_int_equal(c.domains[0].nr_modules, 3);
    assert_string_equal(c.domains[0].modules[0], "a");
    assert_string_equal(c.domains[0].modules[2], "c");
}

static void one_console(void **state)
{
    static const char two[] = "[domain a]\nimage = i  console = yes\n[domain b]\nimage = i\n";

    (void)state;
    good(two, "");
    bad(two, "b.console=yes", "allod.cfg:3: read \"b\", expected console = yes in one domain only; a has it");
    good(two, "b.console=yes a.console=no");
    assert_int_equal(config_console_owner(&c), 1);
}

/* ---- Random damage ---- */

static void random_damage(void **state)
{
    static const char text[] =
        "[allod]\nconsole = com2  loglvl = debug  trace = claim\n[domain builder] # comment\n"
        "image = builder.elf  memory = 64M  vcpus = 1\nprivileged = yes  modules = a.scn b.elf\n"
        "cmdline = \"run x=y\"\n[domain hello]\nimage = hello.elf\r\n";
    static const char overrides[] = "console=com1 builder.cmdline=\"run x.scn\" hello.memory=2M";
    static const char interesting[] = "\n\r\t \"=#[].KMG0\xff";
    const char *given = getenv("SEED");
    unsigned int seed = given ? (unsigned int)strtoul(given, NULL, 0) : (unsigned int)time(NULL), ok = 0;

    (void)state;
    print_message("SEED=%u\n", seed);
    srandom(seed);
    for (unsigned int i = 0; i < 20000; i++) {
        char file[sizeof(text)], line[sizeof(overrides)];
        memcpy(file, text, sizeof(text));
        memcpy(line, overrides, sizeof(overrides));
        for (unsigned int n = 1 + (unsigned int)random() % 3; n; n--) {
            char with = interesting[(size_t)random() % sizeof(interesting)];
            if (random() % 4)
                file[(size_t)random() % (sizeof(file) - 1)] = with;
            else
                line[(size_t)random() % (sizeof(line) - 1)] = with;
        }
        int rc = parse(file, (size_t)random() % 8 ? sizeof(file) - 1 : (size_t)random() % sizeof(file), line);
        ok += rc == 0;
        assert_true(rc == 0 ||
                    (rc == -EINVAL && strstr(error, ", expected ") && strlen(error) < sizeof(error) - 1));
        assert_true(rc || (c.nr_domains >= 1 && c.nr_domains <= CONFIG_MAX_DOMAINS && c.domains[0].image[0]));
    }
    assert_true(ok > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example),
        cmocka_unit_test(defaults),
        cmocka_unit_test(values),
        cmocka_unit_test(console_owner),
        cmocka_unit_test(command_line),
        cmocka_unit_test(wrong_keys),
        cmocka_unit_test(wrong_syntax),
        cmocka_unit_test(wrong_sections),
        cmocka_unit_test(missing),
        cmocka_unit_test(fail_key),
        cmocka_unit_test(watchdog_and_mistake_keys),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(length_limits),
        cmocka_unit_test(unprintable_text),
        cmocka_unit_test(editors),
        cmocka_unit_test(large_files),
        cmocka_unit_test(one_console),
        cmocka_unit_test(list_of_modules),
        cmocka_unit_test(random_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
