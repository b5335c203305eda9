/* SPDX-License-Identifier: MIT */
/* The text of allod.cfg: its syntax, what editors and broken disks make of it, and random damage. */
#include "config_test.h"
#include <time.h>

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
        cmocka_unit_test(wrong_syntax), cmocka_unit_test(wrong_sections), cmocka_unit_test(unprintable_text),
        cmocka_unit_test(editors),      cmocka_unit_test(large_files),    cmocka_unit_test(random_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
