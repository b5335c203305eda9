/* SPDX-License-Identifier: MIT */
/* A line as tokens. */
#include "lexer.h"
#include <string.h>

static const char blanks[] = " \t\r";

bool split_tokens(struct tokens *t, char *buf)
{
    t->nr = t->next = 0;
    buf[strcspn(buf, "#")] = 0;
    for (char *s = buf + strspn(buf, blanks); *s; s += strspn(s, blanks)) {
        size_t len = strcspn(s, blanks);
        bool last = !s[len];
        if (t->nr == MAX_TOKENS)
            return false;
        t->v[t->nr++] = s;
        s[len] = 0;
        s += len + !last;
    }
    return true;
}

/* Where tokens were cut apart there are blanks again. */
char *rejoin_tokens(struct tokens *t, unsigned int first)
{
    for (unsigned int i = first + 1; i < t->nr; i++)
        for (char *c = t->v[i - 1] + strlen(t->v[i - 1]); c < t->v[i]; c++)
            *c = ' ';
    return t->v[first];
}
