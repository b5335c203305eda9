/* SPDX-License-Identifier: MIT */
/* What allod.cfg and the command line make of a machine: values, defaults, who has the console. */
#include "config_test.h"

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

static void missing(void **state)
{
    (void)state;
    bad("", "", "allod.cfg:1: read \"end of file\", expected at least one [domain NAME]");
    bad("[allod]\n\nconsole = com1\n", "",
        "allod.cfg:3: read \"end of file\", expected at least one [domain NAME]");
    bad("[domain a]\nimage = i\n[domain b]\nmemory = 2M\n", "",
        "allod.cfg:3: read \"b\", expected image = FILE in this domain's section");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example),       cmocka_unit_test(defaults),        cmocka_unit_test(values),
        cmocka_unit_test(console_owner), cmocka_unit_test(command_line),    cmocka_unit_test(missing),
        cmocka_unit_test(one_console),   cmocka_unit_test(list_of_modules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
