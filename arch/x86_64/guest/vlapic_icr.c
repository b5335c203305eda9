/* SPDX-License-Identifier: MIT */
/* Interrupts between the vCPUs of a guest: who is meant, and what it means to him. */
#include "hvm/svm.h"

#define COMMAND_MODE    (7U << 8)
#define COMMAND_LOGICAL (1U << 11)
#define COMMAND_ASSERT  (1U << 14)
#define COMMAND_LEVEL   (1U << 15)
#define COMMAND_TO      (3U << 18)

#define MODE_FIXED      (0U << 8)
#define MODE_LOWEST     (1U << 8)
#define MODE_NMI        (4U << 8)
#define MODE_INIT       (5U << 8)
#define MODE_STARTUP    (6U << 8)

#define TO_DEST         (0U << 18)
#define TO_SELF         VLAPIC_TO_SELF
#define TO_ALL          (2U << 18)
#define TO_OTHERS       (3U << 18)

#define MAX_ID          254U

/* x2APIC: the cluster of 16 in the upper half, one bit in the lower one. */
uint32_t vlapic_ldr(const struct arch_vcpu *v)
{
    if (vlapic_is_x2apic(v))
        return v->id >> 4 << 16 | 1U << (v->id & 15);
    return READ_ONCE(v->lapic.reg[VLAPIC_LDR]);
}

/* In xAPIC 8 bits are one set of all, or a cluster and a set of four. */
static bool is_member(const struct arch_vcpu *v, const struct arch_vcpu *to, uint32_t dest)
{
    uint32_t ldr = vlapic_ldr(to);

    if (vlapic_is_x2apic(v))
        return ldr >> 16 == dest >> 16 && (ldr & dest & 0xffff);
    ldr >>= 24;
    if (READ_ONCE(to->lapic.reg[VLAPIC_DFR]) >> 28 == 0xf)
        return ldr & dest;
    return ldr >> 4 == dest >> 4 && (ldr & dest & 0xf);
}

/* The one vCPU that is meant by its number, which need not be there; false: look at each. */
static bool names_one(struct arch_vcpu *v, uint32_t command, uint32_t dest, struct arch_vcpu **to)
{
    const uint32_t everyone = vlapic_is_x2apic(v) ? ~0U : 0xffU;

    if ((command & COMMAND_TO) == TO_SELF)
        *to = v;
    else if ((command & COMMAND_TO) == TO_DEST && !(command & COMMAND_LOGICAL) && dest != everyone)
        *to = dest <= MAX_ID ? upcall_find_vcpu(v->vcpu, dest) : NULL;
    else
        return false;
    return true;
}

static bool is_meant(const struct arch_vcpu *v, const struct arch_vcpu *to, uint32_t command, uint32_t dest)
{
    switch (command & COMMAND_TO) {
    case TO_ALL:
        return true;
    case TO_OTHERS:
        return to != v;
    }
    return dest == (vlapic_is_x2apic(v) ? ~0U : 0xffU) || is_member(v, to, dest);
}

/* INIT takes effect as soon as the other one looks; it does not matter to one that waits already. False: an
 * interrupt that it does not take. */
static bool reach(const struct arch_vcpu *v, struct arch_vcpu *to, uint32_t command)
{
    switch (command & COMMAND_MODE) {
    case MODE_FIXED:
    case MODE_LOWEST:
        if (!(READ_ONCE(to->lapic.reg[VLAPIC_SVR]) & VLAPIC_SVR_ENABLE))
            return false;
        vlapic_accept(to, (uint8_t)command);
        break;
    case MODE_NMI:
        vlapic_request(to, VLAPIC_NMI);
        upcall_sent_nmi(to->vcpu);
        return true;
    case MODE_INIT:
        vlapic_request(to, VLAPIC_WAIT);
        break;
    case MODE_STARTUP:
        if (!(__atomic_load_n(&to->lapic.requests, __ATOMIC_SEQ_CST) & VLAPIC_WAIT))
            return true;
        WRITE_ONCE(to->lapic.sipi_vector, (uint8_t)command);
        vlapic_request(to, VLAPIC_SIPI);
        upcall_start(to->vcpu);
        break;
    default:
        return true; /* SMI, and interrupts of a PIC, which nobody has */
    }
    if (to != v) /* which looks before its next instruction */
        upcall_kick(to->vcpu);
    return true;
}

/* Is it one that is sent at all? */
static bool is_sent(struct arch_vcpu *v, uint32_t command)
{
    uint32_t mode = command & COMMAND_MODE;

    if ((mode == MODE_FIXED || mode == MODE_LOWEST) && (command & 0xff) < 16) {
        vlapic_error(v, VLAPIC_SEND_ILLEGAL);
        return false;
    }
    if (mode == MODE_INIT && (command & (COMMAND_LEVEL | COMMAND_ASSERT)) == COMMAND_LEVEL)
        return false; /* INIT's end, of old CPUs */
    return !((command & COMMAND_TO) == TO_SELF && (mode == MODE_INIT || mode == MODE_STARTUP));
}

/* "Lowest priority" is the first one that is meant and takes it. */
void vlapic_send(struct arch_vcpu *v, uint32_t command, uint32_t dest)
{
    bool one = (command & COMMAND_MODE) == MODE_LOWEST;
    struct arch_vcpu *named;

    if (!is_sent(v, command))
        return;
    if (names_one(v, command, dest, &named)) {
        if (named)
            reach(v, named, command);
        return;
    }
    for (unsigned int id = 0; id <= MAX_ID; id++) {
        struct arch_vcpu *to = upcall_find_vcpu(v->vcpu, id);

        if (to && is_meant(v, to, command, dest) && reach(v, to, command) && one)
            return;
    }
}
