/* SPDX-License-Identifier: MIT */
/* The console ring. */
#include "rings.h"
#include <errno.h>
#include <xen/io/console.h>

static struct xencons_interface *ring;
static evtchn_port_t port;

static bool find(void)
{
    ring = ring_find(HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN, &port);
    expect_equal("there is a ring", ring != NULL, true);
    return ring != NULL;
}

/* Into the ring, without an event; as much as there is room for. */
static size_t put(const char *s, size_t n)
{
    size_t i;

    for (i = 0; i < n && ring->out_prod - ring->out_cons < sizeof(ring->out); i++) {
        ring->out[ring->out_prod % sizeof(ring->out)] = s[i];
        __atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
    }
    return i;
}

static void print(const char *s)
{
    size_t len = strlen(s);

    for (size_t done = 0; done < len;) {
        done += put(s + done, len - done);
        event_send(port);
    }
}

static void check_port(void)
{
    struct evtchn_status status = {.dom = DOMID_SELF};

    if (!find())
        return;
    status.port = port;
    expect_equal("status", event_status(&status), 0);
    expect_equal("what the port is", status.status, EVTCHNSTAT_interdomain);
}

static void check_output(void)
{
    if (!find())
        return;
    event_clear(port);
    put("by the ring\n", 12);
    expect_equal("nothing is taken before the event", ring->out_prod - ring->out_cons, 12);
    expect_equal("no event before", event_is_pending(port), false);
    expect_equal("send", event_send(port), 0);
    expect_equal("left after the event", ring->out_prod - ring->out_cons, 0);
    expect_equal("an event came back", event_clear(port), true);
    expect_equal("send with nothing to take", event_send(port), 0);
    expect_equal("no event for nothing", event_is_pending(port), false);
}

static void check_full_ring(void)
{
    char text[sizeof(ring->out) + 8];

    if (!find())
        return;
    memset(text, 'f', sizeof(text));
    for (size_t i = 63; i < sizeof(text); i += 64)
        text[i] = '\n';
    expect_equal("bytes that fit", (int64_t)put(text, sizeof(text)), sizeof(ring->out));
    expect_equal("send", event_send(port), 0);
    expect_equal("left after the event", ring->out_prod - ring->out_cons, 0);
    put("\n", 1);
    event_send(port);
}

/* Counters that no honest guest could have. */
static void check_bad_output(void)
{
    uint32_t cons;

    if (!find())
        return;
    cons = ring->out_cons;
    event_clear(port);
    for (unsigned int shift = 12; shift < 32; shift++) {
        ring->out_prod = cons + (1U << shift);
        expect_equal("send", event_send(port), 0);
        expect_equal("nothing is taken", ring->out_cons, cons);
        expect_equal("no event", event_is_pending(port), false);
    }
    ring->out_prod = cons;
    print("and it works again\n");
    expect_equal("left afterwards", ring->out_prod - ring->out_cons, 0);
}

/* The hypervisor keeps no index of its own: what is written is what counts. */
static void check_any_start(void)
{
    if (!find())
        return;
    ring->out_cons = ring->out_prod = UINT32_MAX - 3;
    print("around the end\n");
    expect_equal("counter", ring->out_prod, 11);
    expect_equal("left", ring->out_prod - ring->out_cons, 0);
}

static void check_moving(void)
{
    if (!find())
        return;
    expect_equal("bind_vcpu", event_bind_vcpu(port, 0), 0);
    print("from where it is told\n");
    expect_equal("an event came back", event_clear(port), true);
}

const struct guest_case console_cases[] = {
    {"page and port are given", check_port},
    {"what is written comes out", check_output},
    {"a full ring", check_full_ring},
    {"impossible counters", check_bad_output},
    {"counters that wrap around", check_any_start},
    {"the port may be moved", check_moving},
    {NULL, NULL},
};

/* ---- input ---- */

static char get(void)
{
    char c;

    while (ring->in_cons == __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE))
        ring_wait(port);
    c = ring->in[ring->in_cons % sizeof(ring->in)];
    __atomic_store_n(&ring->in_cons, ring->in_cons + 1, __ATOMIC_RELEASE);
    return c;
}

int console_echo(void)
{
    char line[80];

    if (!find())
        return 1;
    print("listens\n");
    do {
        size_t n = 0;

        for (char c; (c = get()) != '\n' && c != '\r';)
            if (n < sizeof(line) - 1)
                line[n++] = c;
        line[n] = 0;
        print("heard <");
        print(line);
        print(">\n");
    } while (strcmp(line, "end"));
    return 0;
}
