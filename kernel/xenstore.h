/* SPDX-License-Identifier: MIT */
/* A xenstore for each domain: what Xen's tools would have written for it, made from what the hypervisor knows
 * when it is asked, and the few nodes that they would have made the domain's own. The protocol is that of
 * Xen's docs/misc/xenstore.txt. */
#pragma once

#include "domain.h"
#include <xen/io/xs_wire.h>

#define STORE_HEAD         sizeof(struct xsd_sockmsg) /* before each payload */
#define STORE_REQUEST      768U /* longer requests are E2BIG; none that could succeed is */
#define STORE_REPLY        1024U
#define STORE_WATCH        112U /* path and token */
#define STORE_WATCHES      16U
#define STORE_TRANSACTIONS 10U /* as many as xenstored allows; ids are 1 to this */

/* The domain's own nodes. */
struct store_view {
    uint64_t values;  /* two bits at twice the node's number: xenstore_tree.c knows what they mean */
    uint32_t written; /* a bit for each node that nobody was told of yet */
};

/* A connection, on one page. */
struct xenstore {
    /* The request: bytes that have come, of those of the payload that are beyond its size only the number. */
    uint32_t received;
    struct xsd_sockmsg head;
    char payload[STORE_REQUEST];
    /* The answer, with an event behind it perhaps. */
    uint32_t len, sent;
    char reply[STORE_REPLY];
    uint32_t transactions;                          /* a bit for each that is open */
    uint32_t outdated;                              /* those that others have written before their end */
    struct store_view view[1 + STORE_TRANSACTIONS]; /* as they are, and as each transaction sees them */
    struct {
        uint32_t len;     /* 0: none */
        uint32_t changed; /* a bit for each node that it has to be looked at for */
        char text[STORE_WATCH];
    } watch[STORE_WATCHES];
    uint64_t target; /* max_pages, as those who watch know it */
};
_Static_assert(sizeof(struct xenstore) <= PAGE_SIZE, "a connection fits a page");

/* Answer the request, which has come completely: the reply takes its place. */
void xenstore_answer(const struct domain *d, struct xenstore *s);

/* No answer is on its way: an event takes its place if one has to be sent. False: none has to. */
bool xenstore_event(const struct domain *d, struct xenstore *s);

/* Watch, or no longer, what the request says: path and token. 0, -EINVAL, -EEXIST, -ENOENT, -E2BIG. */
int xenstore_watch(const struct domain *d, struct xenstore *s);
int xenstore_unwatch(const struct domain *d, struct xenstore *s);
void xenstore_unwatch_all(struct xenstore *s);
/* These nodes (a bit for each number) were written: who watches them will be told. */
void xenstore_watch_nodes(struct xenstore *s, uint32_t nodes);
/* A message is complete behind what the reply has already; its payload is in its place. */
void xenstore_add_message(struct xenstore *s, struct xsd_sockmsg head);

/* The tree. PATH is absolute or begins in the domain's own part. A node's number, or -EINVAL: no proper path;
 * -ENOENT: no such node; -EACCES: it is not the domain's to read. */
int xenstore_find(const struct domain *d, const char *path);
/* Is it the domain's to write? */
bool xenstore_is_own(unsigned int node);
/* A node's value, or its children, each with a 0 behind it: how many bytes. -E2BIG: more than SIZE. */
int xenstore_read(const struct domain *d, const struct store_view *view, const char *path, char *buf,
                  size_t size);
int xenstore_directory(const struct domain *d, const char *path, char *buf, size_t size);
/* LEN bytes become an own node's value. -EACCES: it is not its own; -EINVAL: no proper path, or no value for
 * it. */
int xenstore_write(const struct domain *d, struct store_view *view, const char *path, const char *value,
                   size_t len);
/* Is a watch on PATH told when the node changes? Then by the name that it leaves in BUF. */
bool xenstore_is_watched(const struct domain *d, const char *path, unsigned int node, char *buf, size_t size);
