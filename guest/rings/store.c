/* SPDX-License-Identifier: MIT */
/* The xenstore ring: requests as bytes, answers as strings in which a 0 is written as '|'. The last case
 * breaks the connection. */
#include "rings.h"
#include <stdlib.h>
#include <xen/io/xs_wire.h>

static struct xenstore_domain_interface *ring;
static evtchn_port_t port;
static struct xsd_sockmsg last; /* of the message that was read last */

static bool find(void)
{
    ring = ring_find(HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN, &port);
    expect_equal("there is a ring", ring != NULL, true);
    return ring != NULL;
}

/* ---- bytes ---- */

/* CHUNK bytes and an event, until all are out. */
static void put(const void *data, size_t n, size_t chunk)
{
    for (size_t done = 0; done < n;) {
        for (size_t i = 0; i < chunk && done < n && ring->req_prod - ring->req_cons < sizeof(ring->req);
             i++) {
            ring->req[ring->req_prod % sizeof(ring->req)] = ((const char *)data)[done++];
            __atomic_store_n(&ring->req_prod, ring->req_prod + 1, __ATOMIC_RELEASE);
        }
        event_send(port);
    }
}

static bool get(void *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ring->rsp_prod == ring->rsp_cons)
            event_send(port); /* there is room now */
        if (ring->rsp_prod == ring->rsp_cons)
            return false;
        ((char *)to)[i] = ring->rsp[ring->rsp_cons % sizeof(ring->rsp)];
        __atomic_store_n(&ring->rsp_cons, ring->rsp_cons + 1, __ATOMIC_RELEASE);
    }
    return true;
}

/* The next message; "" if there is none. */
static const char *message(void)
{
    static char text[XENSTORE_PAYLOAD_MAX + 1];

    memset(&last, 0xff, sizeof(last));
    text[0] = 0;
    if (!get(&last, sizeof(last)) || last.len > XENSTORE_PAYLOAD_MAX || !get(text, last.len))
        return "";
    for (uint32_t i = 0; i < last.len; i++)
        if (!text[i])
            text[i] = '|';
    text[last.len] = 0;
    return text;
}

/* In TEXT a '|' stands for a 0. */
static void request(uint32_t type, uint32_t tx, const char *text, size_t chunk)
{
    struct xsd_sockmsg head = {.type = type, .req_id = 7, .tx_id = tx, .len = (uint32_t)strlen(text)};
    char bytes[sizeof(head) + XENSTORE_PAYLOAD_MAX];

    memcpy(bytes, &head, sizeof(head));
    for (uint32_t i = 0; i < head.len; i++)
        bytes[sizeof(head) + i] = text[i] == '|' ? 0 : text[i];
    put(bytes, sizeof(head) + head.len, chunk);
}

static void expect_text(const char *what, const char *seen, const char *expected)
{
    if (strcmp(seen, expected))
        printf("# %s: expected \"%s\", seen \"%s\"\n", what, expected, seen);
    expect_equal(what, strcmp(seen, expected), 0);
}

static void expect_in(uint32_t type, uint32_t tx, const char *text, uint32_t answer_type, const char *answer)
{
    request(type, tx, text, sizeof(ring->req));
    expect_text(text, message(), answer);
    expect_equal("type", last.type, answer_type);
    expect_equal("request id", last.req_id, 7);
    expect_equal("transaction", last.tx_id, tx);
}

static void expect(uint32_t type, const char *text, const char *answer)
{
    expect_in(type, 0, text, type, answer);
}

static void expect_error(uint32_t type, const char *text, const char *error)
{
    expect_in(type, 0, text, XS_ERROR, error);
}

/* ---- cases ---- */

/* Both are what the domain may have: its RAM and the pages of its firmware tables. */
static const char *answer_to(const char *path)
{
    static char answer[16];

    request(XS_READ, 0, path, sizeof(ring->req));
    snprintf(answer, sizeof(answer), "%s", message());
    return answer;
}

static void expect_at_least_ram(const char *path)
{
    expect_equal(path, strtoul(answer_to(path), NULL, 10) >= guest_memory() >> 10, true);
}

static void check_read(void)
{
    if (!find())
        return;
    expect(XS_READ, "domid|", "0");
    expect(XS_READ, "/local/domain/0/domid|", "0");
    expect(XS_READ, "name|", "Domain-0");
    expect(XS_READ, "vm|", "/vm/00000000-0000-0000-0000-000000000000");
    expect(XS_READ, "memory/target|", answer_to("memory/static-max|"));
    expect_at_least_ram("memory/target|");
    expect(XS_READ, "cpu/1/availability|", "online");
    expect(XS_READ, "cpu|", "");
    expect(XS_READ, "store/ring-ref|", "1044476");
    for (const char *const *path = (const char *const[]){"nothing|", "domid/x|", "cpu/2|", "cpu/01|",
                                                         "cpu/|x", "memory/tar|", NULL};
         *path; path++)
        expect_error(XS_READ, *path, strchr(*path, 'x') && strchr(*path, '|')[1] ? "EINVAL|" : "ENOENT|");
    expect_error(XS_READ, "/local/domain/1/domid|", "EACCES|");
    expect_error(XS_READ, "/local/domain/00/domid|", "EACCES|");
    expect_error(XS_READ, "/|", "EACCES|");
    expect_error(XS_READ, "|", "EINVAL|");
    expect_error(XS_READ, "", "EINVAL|");
    expect_error(XS_READ, "domid", "EINVAL|");
    expect_error(XS_READ, "domid|domid|", "EINVAL|");
    expect_error(XS_READ, "cpu//0|", "EINVAL|");
    expect_error(XS_READ, "cpu/0/|", "EINVAL|");
    expect_error(XS_READ, "do mid|", "EINVAL|");
}

static void check_directory(void)
{
    if (!find())
        return;
    expect(XS_DIRECTORY, "cpu|", "0|1|");
    expect(XS_DIRECTORY, "cpu/0|", "availability|");
    expect(XS_DIRECTORY, "device|", "");
    expect(XS_DIRECTORY, "/local/domain/0|", "console|control|cpu|device|domid|memory|name|store|vm|");
    expect_error(XS_DIRECTORY, "device/vbd|", "ENOENT|");
    expect(XS_GET_PERMS, "domid|", "n0|r0|");
    expect(XS_GET_DOMAIN_PATH, "12|", "/local/domain/12|");
    expect_error(XS_GET_DOMAIN_PATH, "12x|", "EINVAL|");
}

static void check_refusals(void)
{
    if (!find())
        return;
    expect_error(XS_WRITE, "domid|1", "EACCES|");
    expect_error(XS_WRITE, "new|1", "EACCES|");
    expect_error(XS_WRITE, "a b|1", "EINVAL|");
    expect_error(XS_WRITE, "none", "EINVAL|");
    expect_error(XS_MKDIR, "new|", "EACCES|");
    expect_error(XS_RM, "domid|", "EACCES|");
    expect_error(XS_SET_PERMS, "domid|r0|", "EACCES|");
    expect_error(XS_INTRODUCE, "1|2|3|", "EACCES|");
    expect_error(XS_CONTROL, "print|x|", "EACCES|");
    expect_error(XS_DIRECTORY_PART, "cpu|0|", "ENOSYS|");
    expect_error(XS_WATCH_EVENT, "", "ENOSYS|");
    expect_error(12345, "", "ENOSYS|");
    expect_error(UINT32_MAX, "domid|", "ENOSYS|");
}

static void check_watches(void)
{
    char text[8] = "aaa|1|";

    if (!find())
        return;
    expect(XS_RESET_WATCHES, "|", "OK|");
    expect(XS_WATCH, "memory/target|token|", "OK|");
    expect_text("event", message(), "memory/target|token|");
    expect_equal("type", last.type, XS_WATCH_EVENT);
    expect_error(XS_WATCH, "memory/target|token|", "EEXIST|");
    expect(XS_UNWATCH, "memory/target|token|", "OK|");
    expect_error(XS_UNWATCH, "memory/target|token|", "ENOENT|");
    expect_error(XS_WATCH, "memory/target|", "EINVAL|");
    for (unsigned int i = 0; i < 16; i++) {
        text[0] = (char)('a' + i);
        expect(XS_WATCH, text, "OK|");
        expect_text("event", message(), text);
    }
    expect_error(XS_WATCH, "one-more|x|", "E2BIG|");
    expect(XS_RESET_WATCHES, "|", "OK|");
}

static void check_transactions(void)
{
    char id[4];

    if (!find())
        return;
    for (unsigned int i = 1; i <= 10; i++) {
        snprintf(id, sizeof(id), "%u|", i);
        expect(XS_TRANSACTION_START, "|", id);
    }
    expect_error(XS_TRANSACTION_START, "|", "ENOSPC|");
    expect_in(XS_READ, 3, "domid|", XS_READ, "0");
    expect_in(XS_READ, 11, "domid|", XS_ERROR, "ENOENT|");
    expect_in(XS_READ, UINT32_MAX, "domid|", XS_ERROR, "ENOENT|");
    expect_in(XS_TRANSACTION_START, 3, "|", XS_ERROR, "EBUSY|");
    expect_in(XS_TRANSACTION_END, 3, "X|", XS_ERROR, "EINVAL|");
    expect_in(XS_TRANSACTION_END, 3, "T|", XS_TRANSACTION_END, "OK|");
    expect_in(XS_TRANSACTION_END, 3, "F|", XS_ERROR, "ENOENT|");
    expect_error(XS_TRANSACTION_END, "T|", "ENOENT|");
    expect(XS_RESET_WATCHES, "|", "OK|");
    expect_in(XS_READ, 4, "domid|", XS_ERROR, "ENOENT|");
}

/* Requests that come byte by byte, longer than the ring, or many at once. */
static void check_pieces(void)
{
    static char text[XENSTORE_PAYLOAD_MAX + 1];

    if (!find())
        return;
    request(XS_READ, 0, "name|", 1);
    expect_text("byte by byte", message(), "Domain-0");
    memset(text, 'p', sizeof(text) - 1);
    expect_error(XS_READ, text, "E2BIG|");
    text[600] = '|';
    text[601] = 0;
    expect_error(XS_READ, text, "ENOENT|");
    for (unsigned int i = 0; i < 60; i++) /* more answers than there is room for */
        request(XS_READ, 0, "vm|", sizeof(ring->req));
    for (unsigned int i = 0; i < 60; i++)
        expect_equal("length of each answer", (int64_t)strlen(message()), 40);
    expect_text("no other answer", message(), "");
}

static void check_bad_counters(void)
{
    uint32_t cons, rsp;

    if (!find())
        return;
    cons = ring->req_cons;
    for (unsigned int shift = 11; shift < 32; shift++) {
        ring->req_prod = cons + (1U << shift);
        expect_equal("send", event_send(port), 0);
        expect_equal("nothing is taken", ring->req_cons, cons);
    }
    ring->req_prod = cons;
    rsp = ring->rsp_prod;
    ring->rsp_cons = rsp + 5;
    request(XS_READ, 0, "domid|", sizeof(ring->req));
    expect_equal("nothing is written", ring->rsp_prod, rsp);
    ring->rsp_cons = rsp;
    expect_text("it comes when there is room", message(), "0");
}

static void check_too_long(void)
{
    struct xsd_sockmsg head = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};

    if (!find())
        return;
    put(&head, sizeof(head), sizeof(head));
    expect_text("no answer", message(), "");
    ring->req_prod++;
    expect_equal("send", event_send(port), 0);
    expect_equal("nothing is taken any more", ring->req_prod - ring->req_cons, 1);
}

const struct ring_case store_cases[] = {
    {"nodes are read", check_read},
    {"directories are listed", check_directory},
    {"what is refused", check_refusals},
    {"watches", check_watches},
    {"transactions", check_transactions},
    {"requests in pieces", check_pieces},
    {"impossible counters", check_bad_counters},
    {"a request that cannot be", check_too_long},
    {NULL, NULL},
};

/* ---- what the builder decides: here the guest for itself ---- */

static void expect_event(const char *text)
{
    expect_text("event", message(), text);
    if (*text)
        expect_equal("type", last.type, XS_WATCH_EVENT);
}

static void watch(const char *text)
{
    expect(XS_WATCH, text, "OK|");
    expect_event(text);
}

static void set_target(unsigned long kib, bool told)
{
    event_clear(port);
    expect_equal("max_mem", xc_domain_setmaxmem(NULL, 0, kib), 0);
    expect_equal("an event", event_clear(port), told);
}

/* All that lies above the node is told of it, by the name that the watch began with. */
static void check_target(void)
{
    unsigned long kib;
    char text[24];

    if (!find())
        return;
    kib = strtoul(answer_to("memory/target|"), NULL, 10);
    for (const char *const *w =
             (const char *const[]){"memory/target|t|", "memory|m|", "name|n|", "memory/tar|x|",
                                   "/local/domain/0/memory/target|a|", "/local|l|", "/|r|",
                                   "/local/domain/1/memory/target|b|", NULL};
         *w; w++)
        watch(*w);
    set_target(kib + 8, true);
    expect_event("memory/target|t|");
    expect_event("memory/target|m|");
    expect_event("/local/domain/0/memory/target|a|");
    expect_event("/local/domain/0/memory/target|l|");
    expect_event("/local/domain/0/memory/target|r|");
    expect_event("");
    snprintf(text, sizeof(text), "%lu", kib + 8);
    expect(XS_READ, "memory/target|", text);
    set_target(kib + 8, false);
    expect_event("");
    expect(XS_RESET_WATCHES, "|", "OK|");
    set_target(kib, false);
    expect_event("");
}

/* More events than there is room for come one after the other, and those of a removed watch do not. */
static void check_target_crowd(void)
{
    char text[112];
    unsigned long kib;

    if (!find())
        return;
    kib = strtoul(answer_to("memory/target|"), NULL, 10);
    memset(text, 'x', sizeof(text));
    memcpy(text, "memory/target|", 14);
    text[110] = '|';
    text[111] = 0;
    for (unsigned int i = 0; i < 16; i++) {
        text[14] = (char)('a' + i);
        watch(text);
    }
    set_target(kib + 8, true);
    for (unsigned int i = 0; i < 16; i++) {
        text[14] = (char)('a' + i);
        expect_event(text);
    }
    expect_event("");
    expect(XS_RESET_WATCHES, "|", "OK|");
    set_target(kib, false);
}

const struct ring_case target_cases[] = {
    {"who watches is told", check_target},
    {"many are", check_target_crowd},
    {NULL, NULL},
};
