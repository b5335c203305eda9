/* SPDX-License-Identifier: MIT */
/* Input from the console's port to the domain that has the console. */
#include "console_input.h"
#include "console.h"
#include "debug_keys.h"
#include "event_port.h"
#include "ring.h"
#include <xen/xen.h>

#define SWITCH      1 /* Ctrl-a */
#define SWITCH_TURN 3 /* so often */
#define BUFFER      4096U
#define CHUNK       128U
/* A full buffer that nobody has read from for so long is given up, so that Ctrl-a is seen. */
#define PATIENCE_NS 10000000000UL

static spinlock_t input_lock = SPINLOCK_INIT(RANK_RING, "console input");
/* Who has the console, and who gets it back; DOMID_XEN: the hypervisor. Written under the lock, holder also
 * read without. A domain that ends leaves both before its id can be another's. */
static domid_t holder = DOMID_XEN, home GUARDED_BY(input_lock) = DOMID_XEN;
static char typed[BUFFER] GUARDED_BY(input_lock); /* for the holder */
static uint32_t in GUARDED_BY(input_lock), out GUARDED_BY(input_lock);
static unsigned int held GUARDED_BY(input_lock); /* Ctrl-a that may be part of a switch */
static uint64_t read_at GUARDED_BY(input_lock);
static bool switching GUARDED_BY(input_lock); /* what is typed now is for one that is being looked for */
static domid_t expected; /* is given the console when it first uses its ring; 0: nobody. Atomic */

/* ---- who has it ---- */

bool console_is_with(const struct domain *d)
{
    return READ_ONCE(holder) == d->domid;
}

void console_set_home(const struct domain *d)
{
    spin_lock(&input_lock);
    home = d->domid;
    WRITE_ONCE(holder, d->domid);
    spin_unlock(&input_lock);
}

void console_leave(const struct domain *d)
{
    spin_lock(&input_lock);
    if (home == d->domid)
        home = DOMID_XEN;
    if (console_is_with(d)) {
        WRITE_ONCE(holder, home);
        out = in; /* was typed for it */
    }
    spin_unlock(&input_lock);
}

/* Who has bound VIRQ_CONSOLE reads by itself. */
static bool reads_by_call(const struct domain *d)
{
    const struct vcpu *v = domain_vcpu(d, 0);

    return v && event_virq_is_told(d, VIRQ_CONSOLE) && READ_ONCE(v->virq_port[VIRQ_CONSOLE]);
}

static bool listens(const struct domain *d)
{
    return !READ_ONCE(d->shut_down) && !READ_ONCE(d->is_dying) &&
           (d->console_owner || ring_console_in_use(d) || reads_by_call(d));
}

static void give(domid_t to) REQUIRES(input_lock)
{
    if (holder != to)
        out = in; /* was typed for another */
    WRITE_ONCE(holder, to);
    switching = false;
}

/* ASKED: by a switch, which may be over by now. Who ends has stopped listening before it leaves the console.
 */
static bool give_to(struct domain *d, bool asked)
{
    bool listening;

    spin_lock(&input_lock);
    listening = listens(d) && (switching || !asked);
    if (listening)
        give(d->domid);
    spin_unlock(&input_lock);
    if (!listening)
        return false;
    log_info("*** Serial input to d%u (type 'CTRL-a' three times to switch input)\n", d->domid);
    console_guest_write(d, "", 0);
    return true;
}

void console_input_for(domid_t domid)
{
    WRITE_ONCE(expected, domid);
}

void console_used(struct domain *d)
{
    domid_t domid = d->domid;

    if (domid && __atomic_compare_exchange_n(&expected, &domid, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        give_to(d, false);
}

/* The next domain that listens, after the last one the hypervisor, and domain 0 after that. */
static void give_on(void)
{
    const domid_t now = READ_ONCE(holder);
    struct domain *d;
    bool over;

    for (domid_t next = now == DOMID_XEN ? 0 : (domid_t)(now + 1); (d = domain_get_next(next));) {
        const bool found = give_to(d, true);

        next = (domid_t)(d->domid + 1);
        domain_put(d);
        if (found)
            return;
    }
    spin_lock(&input_lock);
    over = !switching; /* one has got it by another way */
    if (!over)
        give(DOMID_XEN);
    spin_unlock(&input_lock);
    if (over)
        return;
    log_info("*** Serial input to the hypervisor (type 'CTRL-a' three times to switch input, h for keys)\n");
}

/* ---- what was typed ---- */

/* Take what the port has. True: the console is to be given on, by the caller; what was typed before is
 * gone. */
static bool take(void) REQUIRES(input_lock)
{
    if (in == out)
        read_at = arch_now();
    else if (BUFFER - (in - out) <= SWITCH_TURN && arch_now() - read_at > PATIENCE_NS)
        out = in;
    while (!switching && BUFFER - (in - out) > SWITCH_TURN) {
        int c = console_getc();

        if (c < 0)
            return false;
        if (c == SWITCH && ++held == SWITCH_TURN) {
            held = 0;
            out = in;
            switching = true;
            return true;
        }
        if (c == SWITCH)
            continue;
        for (; held; held--)
            typed[in++ % BUFFER] = SWITCH;
        typed[in++ % BUFFER] = (char)c;
    }
    return false;
}

static void take_all(void)
{
    bool again;

    do {
        spin_lock(&input_lock);
        again = take();
        spin_unlock(&input_lock);
        if (again)
            give_on();
    } while (again);
}

/* The oldest N bytes at most for WHO, which stay until they are dropped. */
static size_t peek(domid_t who, char *buf, size_t n) REQUIRES(input_lock)
{
    n = holder == who ? MIN(n, in - out) : 0;
    for (uint32_t i = 0; i < n; i++)
        buf[i] = typed[(out + i) % BUFFER];
    return n;
}

static void drop(size_t n) REQUIRES(input_lock)
{
    out += (uint32_t)n;
    if (n)
        read_at = arch_now();
}

size_t console_guest_read(struct domain *d, char *buf, size_t n)
{
    take_all();
    spin_lock(&input_lock);
    n = peek(d->domid, buf, n);
    drop(n);
    spin_unlock(&input_lock);
    return n;
}

static void give_to_domain(struct domain *d)
{
    char text[CHUNK];
    uint32_t from;
    size_t n;

    spin_lock(&input_lock);
    from = out;
    n = peek(d->domid, text, sizeof(text));
    spin_unlock(&input_lock);
    if (n && reads_by_call(d))
        event_send_virq(d->vcpu[0], VIRQ_CONSOLE);
    if (n == 0 || reads_by_call(d) || !ring_console_in_use(d))
        return;
    n = ring_console_input(d, text, n);
    spin_lock(&input_lock);
    if (out == from) /* else it has lost the console, and what is there now is another's */
        drop(n);
    spin_unlock(&input_lock);
}

static void give_to_hypervisor(void)
{
    char text[CHUNK];
    size_t n;

    spin_lock(&input_lock);
    n = peek(DOMID_XEN, text, sizeof(text));
    drop(n);
    spin_unlock(&input_lock);
    for (size_t i = 0; i < n; i++)
        debug_key(text[i]);
}

void console_input_look(void)
{
    struct domain *d;

    take_all();
    if (READ_ONCE(holder) == DOMID_XEN) {
        give_to_hypervisor();
        return;
    }
    d = domain_get(READ_ONCE(holder));
    if (!d)
        return;
    give_to_domain(d);
    domain_put(d);
}
