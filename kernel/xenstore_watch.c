/* SPDX-License-Identifier: MIT */
/* Watches: each fires when it is set, and then at a new memory/target and at what the domain writes. */
#include "error.h"
#include "xenstore.h"
#include <stdio.h>
#include <string.h>

#define ANSWER (STORE_REPLY - STORE_HEAD)

/* The one with this path and token, or one that is unused (LEN 0); STORE_WATCHES: there is none. */
static unsigned int find_watch(const struct xenstore *s, uint32_t len)
{
    unsigned int i;

    for (i = 0; i < STORE_WATCHES; i++)
        if (s->watch[i].len == len && memcmp(s->watch[i].text, s->payload, len) == 0)
            break;
    return i;
}

static bool is_watchable(const struct domain *d, const char *path)
{
    return *path == '@' || xenstore_find(d, path) != -EINVAL;
}

int xenstore_watch(const struct domain *d, struct xenstore *s)
{
    unsigned int i = find_watch(s, 0);

    if (!is_watchable(d, s->payload))
        return -EINVAL;
    if (find_watch(s, s->head.len) < STORE_WATCHES)
        return -EEXIST;
    if (i == STORE_WATCHES || s->head.len > STORE_WATCH)
        return -E2BIG;
    s->watch[i].len = s->head.len;
    s->watch[i].changed = 0;
    memcpy(s->watch[i].text, s->payload, s->head.len);
    return 0;
}

int xenstore_unwatch(const struct domain *d, struct xenstore *s)
{
    unsigned int i = find_watch(s, s->head.len);

    if (!is_watchable(d, s->payload))
        return -EINVAL;
    if (i == STORE_WATCHES)
        return -ENOENT;
    s->watch[i].len = 0;
    return 0;
}

void xenstore_unwatch_all(struct xenstore *s)
{
    for (unsigned int i = 0; i < STORE_WATCHES; i++)
        s->watch[i].len = 0;
}

void xenstore_watch_nodes(struct xenstore *s, uint32_t nodes)
{
    for (unsigned int i = 0; i < STORE_WATCHES; i++)
        s->watch[i].changed |= nodes;
}

/* ---- events ---- */

void xenstore_add_message(struct xenstore *s, struct xsd_sockmsg head)
{
    memcpy(s->reply + s->len, &head, STORE_HEAD);
    s->len += (uint32_t)STORE_HEAD + head.len;
}

/* A watch's path and token, each with a 0, are what the guest has sent. */
static bool make_event(const struct domain *d, struct xenstore *s, unsigned int i, unsigned int changed)
{
    const char *path = s->watch[i].text, *token = path + strlen(path) + 1;
    char node[64], *out = s->reply + STORE_HEAD;
    int n;

    if (!s->watch[i].len || !xenstore_is_watched(d, path, changed, node, sizeof(node)))
        return false;
    n = snprintf(out, ANSWER, "%s", node) + 1;
    n += snprintf(out + n, ANSWER - (size_t)n, "%s", token) + 1;
    s->len = s->sent = 0;
    xenstore_add_message(s, (struct xsd_sockmsg){.type = XS_WATCH_EVENT, .len = (uint32_t)n});
    return true;
}

bool xenstore_event(const struct domain *d, struct xenstore *s)
{
    const uint64_t target = READ_ONCE(d->mem.max_pages);

    if (target != s->target)
        xenstore_watch_nodes(s, 1U << xenstore_find(d, "memory/target"));
    s->target = target;
    for (unsigned int i = 0; i < STORE_WATCHES; i++)
        while (s->watch[i].changed) {
            unsigned int node = (unsigned int)__builtin_ctz(s->watch[i].changed);

            s->watch[i].changed &= ~(1U << node);
            if (make_event(d, s, i, node))
                return true;
        }
    return false;
}
