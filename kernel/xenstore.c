/* SPDX-License-Identifier: MIT */
/* The requests of xenstore and their answers. */
#include <errno.h> /* with it xs_wire.h has the names of errors */

#include "xenstore.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER          (STORE_REPLY - STORE_HEAD)
#define MAX_TRANSACTION 10U /* as many as xenstored allows; ids are 1 to this */

/* One request: its payload is N strings, each with its 0. What an operation returns is the length of what it
 * has put into ANSWER bytes at OUT, or an error. */
struct call {
    const struct domain *d;
    struct xenstore *s;
    char *out;
};

static int answer_ok(char *out)
{
    return snprintf(out, ANSWER, "OK") + 1;
}

/* ---- nodes ---- */

static int xs_directory(const struct call *c)
{
    return xenstore_directory(c->d, c->s->payload, c->out, ANSWER);
}

static int xs_read(const struct call *c)
{
    return xenstore_read(c->d, c->s->payload, c->out, ANSWER);
}

/* The owner and what all others may; then the domain: read. */
static int xs_get_perms(const struct call *c)
{
    int rc = xenstore_check(c->d, c->s->payload);

    if (rc)
        return rc;
    rc = snprintf(c->out, ANSWER, "n0") + 1;
    return rc + snprintf(c->out + rc, ANSWER - (size_t)rc, "r%u", c->d->domid) + 1;
}

/* There is nothing to be changed, but what is no path is something else. */
static int xs_change(const struct call *c)
{
    return xenstore_check(c->d, c->s->payload) == -EINVAL ? -EINVAL : -EACCES;
}

static int xs_for_tools(const struct call *c UNUSED)
{
    return -EACCES;
}

static int xs_get_domain_path(const struct call *c)
{
    char *end;
    unsigned long domid = strtoul(c->s->payload, &end, 10);

    if (end == c->s->payload || *end || domid >= DOMID_FIRST_RESERVED)
        return -EINVAL;
    return snprintf(c->out, ANSWER, "/local/domain/%lu", domid) + 1;
}

/* ---- watches: each fires when it is set, and then at a new memory/target; no other node changes ---- */

/* The one with this path and token, or one that is unused (LEN 0); STORE_WATCHES: there is none. */
static unsigned int find_watch(const struct xenstore *s, uint32_t len)
{
    unsigned int i;

    for (i = 0; i < STORE_WATCHES; i++)
        if (s->watch[i].len == len && memcmp(s->watch[i].text, s->payload, len) == 0)
            break;
    return i;
}

static bool is_watchable(const struct call *c)
{
    return c->s->payload[0] == '@' || xenstore_check(c->d, c->s->payload) != -EINVAL;
}

static int xs_watch(const struct call *c)
{
    struct xenstore *s = c->s;
    unsigned int i = find_watch(s, 0);

    if (!is_watchable(c))
        return -EINVAL;
    if (find_watch(s, s->head.len) < STORE_WATCHES)
        return -EEXIST;
    if (i == STORE_WATCHES || s->head.len > STORE_WATCH)
        return -E2BIG;
    s->watch[i].len = s->head.len;
    memcpy(s->watch[i].text, s->payload, s->head.len);
    s->changed &= ~(1U << i);
    return answer_ok(c->out);
}

static int xs_unwatch(const struct call *c)
{
    unsigned int i = find_watch(c->s, c->s->head.len);

    if (!is_watchable(c))
        return -EINVAL;
    if (i == STORE_WATCHES)
        return -ENOENT;
    c->s->watch[i].len = 0;
    return answer_ok(c->out);
}

static int xs_reset_watches(const struct call *c)
{
    for (unsigned int i = 0; i < STORE_WATCHES; i++)
        c->s->watch[i].len = 0;
    c->s->transactions = 0;
    return answer_ok(c->out);
}

/* ---- transactions: nodes do not change, so each of them succeeds ---- */

static bool is_open(const struct xenstore *s, uint32_t id)
{
    return id <= MAX_TRANSACTION && s->transactions >> id & 1;
}

static int xs_transaction_start(const struct call *c)
{
    if (c->s->head.tx_id)
        return -EBUSY;
    for (uint32_t id = 1; id <= MAX_TRANSACTION; id++)
        if (!is_open(c->s, id)) {
            c->s->transactions |= 1U << id;
            return snprintf(c->out, ANSWER, "%u", id) + 1;
        }
    return -ENOSPC;
}

static int xs_transaction_end(const struct call *c)
{
    if (strcmp(c->s->payload, "T") && strcmp(c->s->payload, "F"))
        return -EINVAL;
    if (!c->s->head.tx_id)
        return -ENOENT;
    c->s->transactions &= ~(1U << c->s->head.tx_id);
    return answer_ok(c->out);
}

/* ---- all of them ---- */

static const struct {
    int (*run)(const struct call *c);
    uint8_t strings; /* that the payload has */
    bool more;       /* and others may follow */
} operations[] = {
    [XS_CONTROL] = {xs_for_tools, 0, true},
    [XS_DIRECTORY] = {xs_directory, 1, false},
    [XS_READ] = {xs_read, 1, false},
    [XS_GET_PERMS] = {xs_get_perms, 1, false},
    [XS_WATCH] = {xs_watch, 2, false},
    [XS_UNWATCH] = {xs_unwatch, 2, false},
    [XS_TRANSACTION_START] = {xs_transaction_start, 0, true},
    [XS_TRANSACTION_END] = {xs_transaction_end, 1, false},
    [XS_INTRODUCE] = {xs_for_tools, 0, true},
    [XS_RELEASE] = {xs_for_tools, 0, true},
    [XS_GET_DOMAIN_PATH] = {xs_get_domain_path, 1, false},
    [XS_WRITE] = {xs_change, 1, true},
    [XS_MKDIR] = {xs_change, 1, false},
    [XS_RM] = {xs_change, 1, false},
    [XS_SET_PERMS] = {xs_change, 2, true},
    [XS_IS_DOMAIN_INTRODUCED] = {xs_for_tools, 0, true},
    [XS_RESUME] = {xs_for_tools, 0, true},
    [XS_SET_TARGET] = {xs_for_tools, 0, true},
    [XS_RESET_WATCHES] = {xs_reset_watches, 0, true},
};

/* Are there as many strings as the operation wants? The last byte of others may be anything. */
static bool has_strings(const struct xenstore *s, unsigned int wanted, bool more)
{
    unsigned int strings = 0;

    for (uint32_t i = 0; i < s->head.len; i++)
        strings += s->payload[i] == 0;
    return more ? strings >= wanted : strings == wanted && (!wanted || s->payload[s->head.len - 1] == 0);
}

static int run(const struct call *c)
{
    const struct xenstore *s = c->s;
    const uint32_t type = s->head.type;

    if (type >= ARRAY_SIZE(operations) || !operations[type].run)
        return -ENOSYS;
    if (s->head.len > STORE_REQUEST)
        return -E2BIG;
    if (!has_strings(s, operations[type].strings, operations[type].more))
        return -EINVAL;
    if (s->head.tx_id && !is_open(s, s->head.tx_id))
        return -ENOENT;
    return operations[type].run(c);
}

/* What xenstore has no name for is EINVAL, the first. */
static int answer_error(char *out, int error)
{
    unsigned int i = ARRAY_SIZE(xsd_errors) - 1;

    while (i && xsd_errors[i].errnum != error)
        i--;
    return snprintf(out, ANSWER, "%s", xsd_errors[i].errstring) + 1;
}

static void add_message(struct xenstore *s, struct xsd_sockmsg head)
{
    memcpy(s->reply + s->len, &head, STORE_HEAD);
    s->len += (uint32_t)STORE_HEAD + head.len;
}

void xenstore_answer(const struct domain *d, struct xenstore *s)
{
    struct xsd_sockmsg head = s->head;
    int n = run(&(struct call){d, s, s->reply + STORE_HEAD});

    s->len = s->sent = s->received = 0;
    head.type = n < 0 ? XS_ERROR : head.type;
    head.len = (uint32_t)(n < 0 ? answer_error(s->reply + STORE_HEAD, -n) : n);
    add_message(s, head);
    if (head.type != XS_WATCH)
        return;
    memcpy(s->reply + s->len + STORE_HEAD, s->payload, s->head.len);
    add_message(s, (struct xsd_sockmsg){.type = XS_WATCH_EVENT, .len = s->head.len});
}

/* A watch's path and token, each with a 0, are what the guest has sent. */
static bool make_event(const struct domain *d, struct xenstore *s, unsigned int i)
{
    const char *path = s->watch[i].text, *token = path + strlen(path) + 1;
    char node[64], *out = s->reply + STORE_HEAD;
    int n;

    if (!s->watch[i].len || !xenstore_is_watched(d, path, "memory/target", node, sizeof(node)))
        return false;
    n = snprintf(out, ANSWER, "%s", node) + 1;
    n += snprintf(out + n, ANSWER - (size_t)n, "%s", token) + 1;
    s->len = s->sent = 0;
    add_message(s, (struct xsd_sockmsg){.type = XS_WATCH_EVENT, .len = (uint32_t)n});
    return true;
}

bool xenstore_event(const struct domain *d, struct xenstore *s)
{
    const uint64_t target = READ_ONCE(d->mem.max_pages);
    bool made = false;

    if (target != s->target)
        s->changed = (1U << STORE_WATCHES) - 1;
    s->target = target;
    while (s->changed && !made) {
        made = make_event(d, s, (unsigned int)__builtin_ctz(s->changed));
        s->changed &= s->changed - 1;
    }
    return made;
}
