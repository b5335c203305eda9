/* SPDX-License-Identifier: MIT */
/* Pending events in memory that the guest shares, in the layout of 64-bit or of 32-bit code. */
#include "event_2l.h"
#include "event.h"
#include "guest_apic.h"
#include "guest_time.h"
#include "schedule.h"
#include "shared_info_32.h"
#include <string.h>

/* Bits are numbered alike in words of both sizes; what differs is where they begin. */
static const struct layout {
    uint16_t mask;      /* in shared info: evtchn_mask */
    uint8_t sel;        /* in vcpu_info: evtchn_pending_sel */
    uint8_t word_shift; /* of a port: its bit there */
    uint8_t sel_size;   /* bytes */
} layouts[] = {
    [false] = {offsetof(struct shared_info, evtchn_mask), offsetof(struct vcpu_info, evtchn_pending_sel), 6,
               8},
    [true] = {SHARED_INFO_MASK_32, VCPU_INFO_SEL_32, 5, 4},
};
#define PENDING        offsetof(struct shared_info, evtchn_pending)
#define UPCALL_PENDING offsetof(struct vcpu_info, evtchn_upcall_pending)

static const struct layout *layout_of(const struct domain *d)
{
    return &layouts[READ_ONCE(d->events.compat)];
}

static bool test_bit(const uint8_t *bits, unsigned int n)
{
    return __atomic_load_n(&bits[n / 8], __ATOMIC_SEQ_CST) >> n % 8 & 1;
}

static bool test_and_set_bit(uint8_t *bits, unsigned int n)
{
    return __atomic_fetch_or(&bits[n / 8], (uint8_t)(1U << n % 8), __ATOMIC_SEQ_CST) >> n % 8 & 1;
}

static bool test_and_clear_bit(uint8_t *bits, unsigned int n)
{
    return __atomic_fetch_and(&bits[n / 8], (uint8_t) ~(1U << n % 8), __ATOMIC_SEQ_CST) >> n % 8 & 1;
}

unsigned int event_2l_ports(const struct domain *d)
{
    return 1U << 2 * layout_of(d)->word_shift;
}

/* The word of PORT is worth a look of vCPU ID. */
static void select_word(struct domain *d, unsigned int id, uint32_t port)
{
    const struct layout *l = layout_of(d);
    struct vcpu *v = domain_vcpu(d, id);
    uint8_t *info = v ? event_2l_info(v) : NULL;

    if (!info || test_and_set_bit(info + l->sel, port >> l->word_shift))
        return;
    if (!__atomic_exchange_n(&info[UPCALL_PENDING], 1, __ATOMIC_SEQ_CST))
        vcpu_notify(v);
}

/* SCHEDOP_poll looks at masked ports too. */
static void wake_pollers(struct domain *d, uint32_t port) REQUIRES(d->events.lock)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->events.polling); i++)
        for (uint64_t left = d->events.polling[i]; left; left &= left - 1) {
            struct vcpu *v = d->vcpu[i * 64 + (unsigned int)__builtin_ctzl(left)];

            if (v->poll_port != POLL_ANY && v->poll_port != port)
                continue;
            __atomic_store_n(&v->poll_port, POLL_WOKEN, __ATOMIC_SEQ_CST);
            vcpu_kick(v);
        }
}

void event_2l_set_pending(struct domain *d, unsigned int id, uint32_t port)
{
    uint8_t *shared = d->events.shared;

    if (!shared || port >= event_2l_ports(d) || test_and_set_bit(shared + PENDING, port))
        return;
    if (!test_bit(shared + layout_of(d)->mask, port))
        select_word(d, id, port);
    wake_pollers(d, port);
}

void event_2l_clear_pending(struct domain *d, uint32_t port)
{
    if (d->events.shared && port < event_2l_ports(d))
        test_and_clear_bit(d->events.shared + PENDING, port);
}

void event_2l_unmask(struct domain *d, unsigned int id, uint32_t port)
{
    uint8_t *shared = d->events.shared;

    if (shared && port < event_2l_ports(d) && test_and_clear_bit(shared + layout_of(d)->mask, port) &&
        test_bit(shared + PENDING, port))
        select_word(d, id, port);
}

bool event_2l_is_pending(const struct domain *d, uint32_t port)
{
    const uint8_t *shared = d->events.shared;

    return shared && port < event_2l_ports(d) && test_bit(shared + PENDING, port);
}

void event_2l_move_info(struct vcpu *v, uint8_t *to)
{
    const struct layout *l = layout_of(v->domain);
    const uint8_t *from = event_2l_info(v);

    if (from)
        memcpy(to, from, sizeof(struct vcpu_info));
    else
        memset(to, 0, sizeof(struct vcpu_info));
    memset(to + l->sel, 0xff, l->sel_size);
    guest_time_fill(to);
    __atomic_store_n(&to[UPCALL_PENDING], 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&v->info, to, __ATOMIC_RELEASE);
    vcpu_notify(v);
}
