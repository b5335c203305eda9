/* SPDX-License-Identifier: MIT */
/* Play cases, count them, and say in TAP how they ended. */
#include <guest_cases.h>
#include <guest_smp.h>
#include <stdio.h>
#include <string.h>

#define MAX_REASON 256U

static bool failed; /* the case that runs */
static unsigned int nr_cases, nr_failed;

void case_fail(const char *reason, ...)
{
    char text[MAX_REASON];
    va_list args;

    va_start(args, reason);
    vsnprintf(text, sizeof(text), reason, args);
    va_end(args);
    printf("# vCPU %u: %s\n", smp_id(), text);
    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
}

void expect_equal(const char *what, int64_t seen, int64_t expected)
{
    if (seen != expected)
        case_fail("%s: expected %jd (%#jx), seen %jd (%#jx)", what, (intmax_t)expected, (uintmax_t)expected,
                  (intmax_t)seen, (uintmax_t)seen);
}

void case_end(const char *topic, const char *title)
{
    bool bad = __atomic_exchange_n(&failed, false, __ATOMIC_RELAXED);

    printf("%sok %u - %s: %s\n", bad ? "not " : "", ++nr_cases, topic, title);
    nr_failed += bad;
}

void case_skip(const char *topic, const char *title, const char *why)
{
    printf("ok %u - %s: %s # SKIP %s\n", ++nr_cases, topic, title, why);
}

void case_equal(const char *topic, const char *title, int64_t expected, int64_t seen)
{
    expect_equal(title, seen, expected);
    case_end(topic, title);
}

int cases_end(void)
{
    printf("1..%u\n", nr_cases);
    return nr_failed != 0;
}

static bool is_wanted(const struct guest_topic *t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], t->name))
            return true;
    return argc < 2 && !t->special;
}

int cases_play(const struct guest_topic *topics, int argc, char **argv, void (*between)(void))
{
    for (const struct guest_topic *t = topics; t->name; t++)
        for (const struct guest_case *c = t->cases; is_wanted(t, argc, argv) && c->title; c++) {
            c->run();
            if (between)
                between();
            case_end(t->name, c->title);
        }
    return cases_end();
}
