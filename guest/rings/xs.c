/* SPDX-License-Identifier: MIT */
/* The xenstore ring: requests as bytes, answers as strings. */
#include "xs.h"

struct xenstore_domain_interface *xs_ring;
evtchn_port_t xs_port;
struct xsd_sockmsg xs_last;

bool xs_find(void)
{
    xs_ring = ring_find(HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN, &xs_port);
    expect_equal("there is a ring", xs_ring != NULL, true);
    return xs_ring != NULL;
}

/* ---- bytes ---- */

/* CHUNK bytes and an event, until all are out. */
void xs_put(const void *data, size_t n, size_t chunk)
{
    for (size_t done = 0; done < n;) {
        for (size_t i = 0;
             i < chunk && done < n && xs_ring->req_prod - xs_ring->req_cons < sizeof(xs_ring->req); i++) {
            xs_ring->req[xs_ring->req_prod % sizeof(xs_ring->req)] = ((const char *)data)[done++];
            __atomic_store_n(&xs_ring->req_prod, xs_ring->req_prod + 1, __ATOMIC_RELEASE);
        }
        event_send(xs_port);
    }
}

static bool get(void *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (xs_ring->rsp_prod == xs_ring->rsp_cons)
            event_send(xs_port); /* there is room now */
        if (xs_ring->rsp_prod == xs_ring->rsp_cons)
            return false;
        ((char *)to)[i] = xs_ring->rsp[xs_ring->rsp_cons % sizeof(xs_ring->rsp)];
        __atomic_store_n(&xs_ring->rsp_cons, xs_ring->rsp_cons + 1, __ATOMIC_RELEASE);
    }
    return true;
}

/* The next message; "" if there is none. */
const char *xs_message(void)
{
    static char text[XENSTORE_PAYLOAD_MAX + 1];

    memset(&xs_last, 0xff, sizeof(xs_last));
    text[0] = 0;
    if (!get(&xs_last, sizeof(xs_last)) || xs_last.len > XENSTORE_PAYLOAD_MAX || !get(text, xs_last.len))
        return "";
    for (uint32_t i = 0; i < xs_last.len; i++)
        if (!text[i])
            text[i] = '|';
    text[xs_last.len] = 0;
    return text;
}

/* In TEXT a '|' stands for a 0. */
void xs_request(uint32_t type, uint32_t tx, const char *text, size_t chunk)
{
    struct xsd_sockmsg head = {.type = type, .req_id = 7, .tx_id = tx, .len = (uint32_t)strlen(text)};
    char bytes[sizeof(head) + XENSTORE_PAYLOAD_MAX];

    memcpy(bytes, &head, sizeof(head));
    for (uint32_t i = 0; i < head.len; i++)
        bytes[sizeof(head) + i] = text[i] == '|' ? 0 : text[i];
    xs_put(bytes, sizeof(head) + head.len, chunk);
}

void xs_text(const char *what, const char *seen, const char *expected)
{
    if (strcmp(seen, expected))
        case_fail("%s: expected \"%s\", seen \"%s\"", what, expected, seen);
}

void xs_expect_in(uint32_t type, uint32_t tx, const char *text, uint32_t answer_type, const char *answer)
{
    xs_request(type, tx, text, sizeof(xs_ring->req));
    xs_text(text, xs_message(), answer);
    expect_equal("type", xs_last.type, answer_type);
    expect_equal("request id", xs_last.req_id, 7);
    expect_equal("transaction", xs_last.tx_id, tx);
}

void xs_expect(uint32_t type, const char *text, const char *answer)
{
    xs_expect_in(type, 0, text, type, answer);
}

void xs_error(uint32_t type, const char *text, const char *error)
{
    xs_expect_in(type, 0, text, XS_ERROR, error);
}

const char *xs_answer_to(const char *path)
{
    static char answer[16];

    xs_request(XS_READ, 0, path, sizeof(xs_ring->req));
    snprintf(answer, sizeof(answer), "%s", xs_message());
    return answer;
}

void xs_event(const char *text)
{
    xs_text("event", xs_message(), text);
    if (*text)
        expect_equal("type", xs_last.type, XS_WATCH_EVENT);
}

void xs_watch(const char *text)
{
    xs_expect(XS_WATCH, text, "OK|");
    xs_event(text);
}
