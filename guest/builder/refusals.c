/* SPDX-License-Identifier: MIT */
/* Refusals in the hypervisor's log, read through the console ring. */
#include "refusals.h"
#include "builder.h"
#include <string.h>

#define LOG_SIZE 16384U /* of the hypervisor's ring */
#define SHOWN    3U

static const char mark[] = "(allod) refused";
static uint32_t position;

/* What is new in the log, with a zero behind it. */
static const char *read_log(void)
{
    static char log[LOG_SIZE + 1];
    unsigned int n = LOG_SIZE;

    if (xc_readconsolering(xch, log, &n, 0, 1, &position))
        n = 0;
    log[n] = 0;
    return log;
}

void refusals_forget(void)
{
    read_log();
}

void refusals_add(struct text *t)
{
    const char *last[SHOWN] = {NULL}, *s = read_log();
    unsigned int nr = 0;

    for (; (s = strstr(s, mark)); s += strlen(mark))
        last[nr++ % SHOWN] = s;
    for (unsigned int i = nr > SHOWN ? nr - SHOWN : 0; i < nr; i++)
        text_add(t, "#     %.*s\n", (int)strcspn(last[i % SHOWN], "\n"), last[i % SHOWN]);
}
