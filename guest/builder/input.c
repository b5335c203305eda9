/* SPDX-License-Identifier: MIT */
/* What is typed, one character after the other, and Ctrl-C, which a running command sees at once. */
#include "input.h"
#include "cmd.h"
#include "platform.h"

#define AHEAD  256U
#define CTRL_C 3

/* Typed, not read yet. When it is full more is lost, but for Ctrl-C. */
static struct {
    unsigned int nr, next;
    char c[AHEAD];
    bool end; /* of the input, behind these */
} ahead;

int input_getc(void)
{
    if (ahead.next < ahead.nr)
        return (unsigned char)ahead.c[ahead.next++];
    ahead.nr = ahead.next = 0;
    return ahead.end ? PLATFORM_END : platform_getc();
}

bool input_cancelled(void)
{
    bool cancelled = false;
    int c = PLATFORM_NOTHING;

    while (interactive && !ahead.end && (c = platform_getc()) >= 0) {
        if (c == CTRL_C) {
            ahead.nr = ahead.next = 0;
            cancelled = true;
        } else if (ahead.nr < AHEAD) {
            ahead.c[ahead.nr++] = (char)c;
        }
    }
    ahead.end |= c == PLATFORM_END;
    return cancelled;
}
