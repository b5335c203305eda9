/* SPDX-License-Identifier: MIT */
/* A xenstore for each domain: what Xen's tools would have written for it, made from what the hypervisor knows
 * when it is asked. Nobody can write there. The protocol is that of Xen's docs/misc/xenstore.txt. */
#pragma once

#include "domain.h"
#include <xen/io/xs_wire.h>

#define STORE_HEAD    sizeof(struct xsd_sockmsg) /* before each payload */
#define STORE_REQUEST 768U                       /* longer requests are E2BIG; none that could succeed is */
#define STORE_REPLY   1024U
#define STORE_WATCH   112U /* path and token */
#define STORE_WATCHES 16U

/* A connection, on one page. */
struct xenstore {
    /* The request: bytes that have come, of those of the payload that are beyond its size only the number. */
    uint32_t received;
    struct xsd_sockmsg head;
    char payload[STORE_REQUEST];
    /* The answer, with an event behind it perhaps. */
    uint32_t len, sent;
    char reply[STORE_REPLY];
    uint32_t transactions; /* a bit for each that is open */
    struct {
        uint32_t len; /* 0: none */
        char text[STORE_WATCH];
    } watch[STORE_WATCHES];
    uint64_t target;  /* max_pages, as those who watch know it */
    uint32_t changed; /* a bit for each watch that has to be looked at since */
};
_Static_assert(sizeof(struct xenstore) <= PAGE_SIZE, "a connection fits a page");

/* Answer the request, which has come completely: the reply takes its place. */
void xenstore_answer(const struct domain *d, struct xenstore *s);

/* No answer is on its way: an event takes its place if one has to be sent. False: none has to. */
bool xenstore_event(const struct domain *d, struct xenstore *s);

/* The tree. PATH is absolute or begins in the domain's own part. -EINVAL: no proper path; -ENOENT: no such
 * node; -EACCES: it is not the domain's to read. */
int xenstore_check(const struct domain *d, const char *path);
/* A node's value, or its children, each with a 0 behind it: how many bytes. -E2BIG: more than SIZE. */
int xenstore_read(const struct domain *d, const char *path, char *buf, size_t size);
int xenstore_directory(const struct domain *d, const char *path, char *buf, size_t size);
/* Is a watch on PATH told when NODE changes, which is relative to the domain's part? Then by the name that it
 * leaves in BUF. */
bool xenstore_is_watched(const struct domain *d, const char *path, const char *node, char *buf, size_t size);
