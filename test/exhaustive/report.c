/* SPDX-License-Identifier: MIT */
/* A broken property in words: which, where, and the shortest way there. */
#include "report.h"

#include "log.h"
#include "points.h"
#include "search.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Do the operations that lead to a state once more, and say what they are. */
static void print_way(uint32_t at, struct op *ops)
{
    const struct search_node *n = &search->node[at];
    struct view v;

    if (!at)
        return;
    print_way(n->parent, ops);
    view_take(&v);
    op_list(&v, ops, false);
    printf("    ");
    op_print(&ops[n->op]);
    printf(" = %d\n", op_do(&ops[n->op]));
}

static void print_last(void)
{
    if (search->doing) {
        printf("    ");
        op_print(search->doing);
        printf("\n");
    }
    if (search->intruder) {
        if (search->point == IN_ORDER)
            printf("    ");
        else
            printf("    in the middle of it, at point %u: ", search->point);
        op_print(search->intruder);
        printf("\n");
    }
}

static NORETURN void report(const char *what)
{
    struct op *ops = malloc(MAX_OPS * sizeof(*ops));
    static bool again;

    fflush(stdout);
    if (again || !search) {
        printf("CAUGHT %s\n", what);
        _exit(1);
    }
    again = true;
    printf("CAUGHT %s\nSEARCHED %u states, %lu transitions, %lu races\n", what, search->nr,
           search->transitions, search->races);
    printf("SEQUENCE\n");
    fflush(stdout);
    points_end(NULL);
    image_restore(NULL);
    again = true;
    print_way(search->current, ops);
    print_last();
    fflush(stdout);
    _exit(1);
}

void broken(const char *fmt, ...)
{
    char what[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    report(what);
}

void panic(const char *fmt, ...)
{
    char what[256] = "panic: ";
    va_list args;

    va_start(args, fmt);
    vsnprintf(what + 7, sizeof(what) - 7, fmt, args);
    va_end(args);
    report(what);
}

/* What heap_check says beyond its result is shown. */
void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    if (level != LOG_ERR)
        return;
    printf("    ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
}

static void on_signal(int nr)
{
    broken(nr == SIGALRM ? "end: an operation does not end" : "crash: signal %d", nr);
}

void report_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};

    for (unsigned int i = 0; i < ARRAY_SIZE(signals); i++)
        signal(signals[i], on_signal);
}
