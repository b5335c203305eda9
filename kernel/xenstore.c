/* SPDX-License-Identifier: MIT */
/* The requests of xenstore and their answers. */
#include <errno.h> /* with it xs_wire.h has the names of errors */

#include "xenstore.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER (STORE_REPLY - STORE_HEAD)

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

static struct store_view *view_of(const struct call *c)
{
    return &c->s->view[c->s->head.tx_id];
}

/* ---- nodes ---- */

static int xs_directory(const struct call *c)
{
    return xenstore_directory(c->d, c->s->payload, c->out, ANSWER);
}

static int xs_read(const struct call *c)
{
    return xenstore_read(c->d, view_of(c), c->s->payload, c->out, ANSWER);
}

/* The owner and what all others may; then the domain: read. */
static int xs_get_perms(const struct call *c)
{
    int n, node = xenstore_find(c->d, c->s->payload);

    if (node < 0)
        return node;
    if (xenstore_is_own((unsigned int)node))
        return snprintf(c->out, ANSWER, "n%u", c->d->domid) + 1;
    n = snprintf(c->out, ANSWER, "n0") + 1;
    return n + snprintf(c->out + n, ANSWER - (size_t)n, "r%u", c->d->domid) + 1;
}

/* What VIEW has is so from now on. */
static void make_true(struct xenstore *s, struct store_view *view)
{
    if (view->written)
        s->outdated = s->transactions;
    xenstore_watch_nodes(s, view->written);
    view->written = 0;
    s->view[0] = *view;
}

static int xs_write(const struct call *c)
{
    struct xenstore *s = c->s;
    size_t path = strlen(s->payload) + 1;
    int rc = xenstore_write(c->d, view_of(c), s->payload, s->payload + path, s->head.len - path);

    if (rc)
        return rc;
    if (!s->head.tx_id)
        make_true(s, view_of(c));
    return answer_ok(c->out);
}

/* No node comes, goes or gets another owner, but what is no path is something else. */
static int xs_change(const struct call *c)
{
    return xenstore_find(c->d, c->s->payload) == -EINVAL ? -EINVAL : -EACCES;
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

/* ---- watches ---- */

static int xs_watch(const struct call *c)
{
    int rc = xenstore_watch(c->d, c->s);

    return rc ? rc : answer_ok(c->out);
}

static int xs_unwatch(const struct call *c)
{
    int rc = xenstore_unwatch(c->d, c->s);

    return rc ? rc : answer_ok(c->out);
}

static int xs_reset_watches(const struct call *c)
{
    xenstore_unwatch_all(c->s);
    c->s->transactions = 0;
    return answer_ok(c->out);
}

/* ---- transactions: each succeeds unless something else was written meanwhile ---- */

static bool is_open(const struct xenstore *s, uint32_t id)
{
    return id <= STORE_TRANSACTIONS && s->transactions >> id & 1;
}

static int xs_transaction_start(const struct call *c)
{
    if (c->s->head.tx_id)
        return -EBUSY;
    for (uint32_t id = 1; id <= STORE_TRANSACTIONS; id++)
        if (!is_open(c->s, id)) {
            c->s->transactions |= 1U << id;
            c->s->outdated &= ~(1U << id);
            c->s->view[id] = c->s->view[0];
            return snprintf(c->out, ANSWER, "%u", id) + 1;
        }
    return -ENOSPC;
}

static int xs_transaction_end(const struct call *c)
{
    struct xenstore *s = c->s;
    const uint32_t bit = 1U << s->head.tx_id;

    if (strcmp(s->payload, "T") && strcmp(s->payload, "F"))
        return -EINVAL;
    if (!s->head.tx_id)
        return -ENOENT;
    s->transactions &= ~bit;
    if (s->payload[0] == 'F')
        return answer_ok(c->out);
    if (s->outdated & bit)
        return -EAGAIN;
    make_true(s, view_of(c));
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
    [XS_WRITE] = {xs_write, 1, true},
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

void xenstore_answer(const struct domain *d, struct xenstore *s)
{
    struct xsd_sockmsg head = s->head;
    int n = run(&(struct call){d, s, s->reply + STORE_HEAD});

    s->len = s->sent = s->received = 0;
    head.type = n < 0 ? XS_ERROR : head.type;
    head.len = (uint32_t)(n < 0 ? answer_error(s->reply + STORE_HEAD, -n) : n);
    xenstore_add_message(s, head);
    if (head.type != XS_WATCH)
        return;
    memcpy(s->reply + s->len + STORE_HEAD, s->payload, s->head.len);
    xenstore_add_message(s, (struct xsd_sockmsg){.type = XS_WATCH_EVENT, .len = s->head.len});
}
