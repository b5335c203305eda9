/* SPDX-License-Identifier: MIT */
/* Cases of the xenstore ring. The last one breaks the connection. */
#include "xs.h"
#include <stdlib.h>

/* What the domain may have: its RAM and the pages of its firmware tables. */
static void expect_at_least_ram(const char *path)
{
    expect_equal(path, strtoul(xs_answer_to(path), NULL, 10) >= guest_memory() >> 10, true);
}

static void cannot_read(const char *error, const char *const *paths)
{
    for (; *paths; paths++)
        xs_error(XS_READ, *paths, error);
}
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_read(void)
{
    if (!xs_find())
        return;
    xs_expect(XS_READ, "domid|", "0");
    xs_expect(XS_READ, "/local/domain/0/domid|", "0");
    xs_expect(XS_READ, "name|", "Domain-0");
    xs_expect(XS_READ, "vm|", "/vm/00000000-0000-0000-0000-000000000000");
    xs_expect(XS_READ, "memory/target|", xs_answer_to("memory/static-max|"));
    expect_at_least_ram("memory/target|");
    xs_expect(XS_READ, "cpu/1/availability|", "online");
    xs_expect(XS_READ, "cpu|", "");
    xs_expect(XS_READ, "store/ring-ref|", "1044476");
    cannot_read("ENOENT|", TEXTS("nothing|", "domid/x|", "cpu/2|", "cpu/01|", "memory/tar|"));
    cannot_read("EACCES|", TEXTS("/local/domain/1/domid|", "/local/domain/00/domid|", "/|"));
    cannot_read("EINVAL|",
                TEXTS("cpu/|x", "|", "", "domid", "domid|domid|", "cpu//0|", "cpu/0/|", "do mid|"));
}

static void check_directory(void)
{
    if (!xs_find())
        return;
    xs_expect(XS_DIRECTORY, "cpu|", "0|1|");
    xs_expect(XS_DIRECTORY, "cpu/0|", "availability|");
    xs_expect(XS_DIRECTORY, "device|", "");
    xs_expect(XS_DIRECTORY, "/local/domain/0|", "console|control|cpu|device|domid|memory|name|store|vm|");
    xs_error(XS_DIRECTORY, "device/vbd|", "ENOENT|");
    xs_expect(XS_GET_PERMS, "domid|", "n0|r0|");
    xs_expect(XS_GET_DOMAIN_PATH, "12|", "/local/domain/12|");
    xs_error(XS_GET_DOMAIN_PATH, "12x|", "EINVAL|");
}

static void check_refusals(void)
{
    if (!xs_find())
        return;
    xs_error(XS_WRITE, "domid|1", "EACCES|");
    xs_error(XS_WRITE, "memory/target|1", "EACCES|");
    xs_error(XS_WRITE, "control|1", "EACCES|");
    xs_error(XS_WRITE, "new|1", "EACCES|");
    xs_error(XS_WRITE, "a b|1", "EINVAL|");
    xs_error(XS_WRITE, "none", "EINVAL|");
    xs_error(XS_MKDIR, "new|", "EACCES|");
    xs_error(XS_RM, "domid|", "EACCES|");
    xs_error(XS_SET_PERMS, "domid|r0|", "EACCES|");
    xs_error(XS_INTRODUCE, "1|2|3|", "EACCES|");
    xs_error(XS_CONTROL, "print|x|", "EACCES|");
    xs_error(XS_DIRECTORY_PART, "cpu|0|", "ENOSYS|");
    xs_error(XS_WATCH_EVENT, "", "ENOSYS|");
    xs_error(12345, "", "ENOSYS|");
    xs_error(UINT32_MAX, "domid|", "ENOSYS|");
}

static void check_watches(void)
{
    char text[8] = "aaa|1|";

    if (!xs_find())
        return;
    xs_expect(XS_RESET_WATCHES, "|", "OK|");
    xs_watch("memory/target|token|");
    xs_error(XS_WATCH, "memory/target|token|", "EEXIST|");
    xs_expect(XS_UNWATCH, "memory/target|token|", "OK|");
    xs_error(XS_UNWATCH, "memory/target|token|", "ENOENT|");
    xs_error(XS_WATCH, "memory/target|", "EINVAL|");
    for (unsigned int i = 0; i < 16; i++) {
        text[0] = (char)('a' + i);
        xs_watch(text);
    }
    xs_error(XS_WATCH, "one-more|x|", "E2BIG|");
    xs_expect(XS_RESET_WATCHES, "|", "OK|");
}

static void check_transactions(void)
{
    char id[4];

    if (!xs_find())
        return;
    for (unsigned int i = 1; i <= 10; i++) {
        snprintf(id, sizeof(id), "%u|", i);
        xs_expect(XS_TRANSACTION_START, "|", id);
    }
    xs_error(XS_TRANSACTION_START, "|", "ENOSPC|");
    xs_expect_in(XS_READ, 3, "domid|", XS_READ, "0");
    xs_expect_in(XS_READ, 11, "domid|", XS_ERROR, "ENOENT|");
    xs_expect_in(XS_READ, UINT32_MAX, "domid|", XS_ERROR, "ENOENT|");
    xs_expect_in(XS_TRANSACTION_START, 3, "|", XS_ERROR, "EBUSY|");
    xs_expect_in(XS_TRANSACTION_END, 3, "X|", XS_ERROR, "EINVAL|");
    xs_expect_in(XS_TRANSACTION_END, 3, "T|", XS_TRANSACTION_END, "OK|");
    xs_expect_in(XS_TRANSACTION_END, 3, "F|", XS_ERROR, "ENOENT|");
    xs_error(XS_TRANSACTION_END, "T|", "ENOENT|");
    xs_expect(XS_RESET_WATCHES, "|", "OK|");
    xs_expect_in(XS_READ, 4, "domid|", XS_ERROR, "ENOENT|");
}

/* Requests that come byte by byte, longer than the ring, or many at once. */
static void check_pieces(void)
{
    static char text[XENSTORE_PAYLOAD_MAX + 1];

    if (!xs_find())
        return;
    xs_request(XS_READ, 0, "name|", 1);
    xs_text("byte by byte", xs_message(), "Domain-0");
    memset(text, 'p', sizeof(text) - 1);
    xs_error(XS_READ, text, "E2BIG|");
    text[600] = '|';
    text[601] = 0;
    xs_error(XS_READ, text, "ENOENT|");
    for (unsigned int i = 0; i < 60; i++) /* more answers than there is room for */
        xs_request(XS_READ, 0, "vm|", sizeof(xs_ring->req));
    for (unsigned int i = 0; i < 60; i++)
        expect_equal("length of each answer", (int64_t)strlen(xs_message()), 40);
    xs_text("no other answer", xs_message(), "");
}

static void check_bad_counters(void)
{
    uint32_t cons, rsp;

    if (!xs_find())
        return;
    cons = xs_ring->req_cons;
    for (unsigned int shift = 11; shift < 32; shift++) {
        xs_ring->req_prod = cons + (1U << shift);
        expect_equal("send", event_send(xs_port), 0);
        expect_equal("nothing is taken", xs_ring->req_cons, cons);
    }
    xs_ring->req_prod = cons;
    rsp = xs_ring->rsp_prod;
    xs_ring->rsp_cons = rsp + 5;
    xs_request(XS_READ, 0, "domid|", sizeof(xs_ring->req));
    expect_equal("nothing is written", xs_ring->rsp_prod, rsp);
    xs_ring->rsp_cons = rsp;
    xs_text("it comes when there is room", xs_message(), "0");
}

static void check_too_long(void)
{
    struct xsd_sockmsg head = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};

    if (!xs_find())
        return;
    xs_put(&head, sizeof(head), sizeof(head));
    xs_text("no answer", xs_message(), "");
    xs_ring->req_prod++;
    expect_equal("send", event_send(xs_port), 0);
    expect_equal("nothing is taken any more", xs_ring->req_prod - xs_ring->req_cons, 1);
}

const struct guest_case store_cases[] = {
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
