/* SPDX-License-Identifier: MIT */
/* Port instructions: no port has anything behind it, so IN reads what an empty bus gives and OUT goes
 * nowhere. */
#include "error.h"
#include "exits.h"
#include "guest/port_policy.h"
#include "guest/vcpu_view.h"
#include "guest_bits.h"
#include "insn_decode.h"
#include <string.h>

#define IOIO_IN         (1U << 0)
#define IOIO_STRING     (1U << 2)
#define IOIO_REP        (1U << 3)
#define IOIO_SIZE(info) (((info) >> 4) & 7) /* 1, 2 or 4 bytes */

#define RFLAGS_DF       (1UL << 10)
#define PF_PRESENT      1U
#define PF_WRITE        2U
#define PF_USER         4U
#define NO_FAULT        (~0U)

/* Bytes of an address register: taken from the instruction, since not all CPUs report the address size. */
static uint64_t address_mask(const struct arch_vcpu *v, const struct insn *i)
{
    if (in_long_mode(v->vmcb))
        return i->address_override ? 0xffffffffUL : ~0UL;
    return !(v->vmcb->cs.attr & SEG_D) != i->address_override ? 0xffffUL : 0xffffffffUL;
}

static void set_masked(uint64_t *reg, uint64_t value, uint64_t mask)
{
    /* A 32-bit result clears the upper half, a 16-bit one keeps what is above. */
    *reg = mask == 0xffff ? (*reg & ~mask) | (value & mask) : value & mask;
}

/* INS stores to ES whatever the prefixes are. */
static const struct vmcb_seg *segment(const struct vmcb *c, bool in, uint8_t prefix)
{
    switch (in ? 0x26 : prefix) {
    case 0x26:
        return &c->es;
    case 0x2e:
        return &c->cs;
    case 0x36:
        return &c->ss;
    case 0x64:
        return &c->fs;
    case 0x65:
        return &c->gs;
    default:
        return &c->ds;
    }
}

/* In long mode only FS and GS have a base. */
static uint64_t linear(const struct vmcb *c, const struct vmcb_seg *s, uint64_t offset)
{
    if (!in_long_mode(c))
        return (uint32_t)(s->base + offset);
    return s == &c->fs || s == &c->gs ? s->base + offset : offset;
}

/* The error code of the page fault that ACCESS to VA causes, NO_FAULT when there is none. */
static uint32_t page_fault(const struct arch_vcpu *v, const struct guest_view *g, uint64_t va,
                           enum access access)
{
    bool user = v->vmcb->cpl == 3;
    uint32_t error = NO_FAULT;
    mfn_t m;

    if (!(v->vmcb->cr0 & CR0_PG))
        return NO_FAULT;
    p2m_lock(g->domain);
    if (guest_translate(g, va, access | (user ? ACCESS_USER : 0), &m))
        error = (access == ACCESS_WRITE ? PF_WRITE : 0) | (user ? PF_USER : 0) |
                (guest_translate(g, va, ACCESS_READ, &m) == 0 ? PF_PRESENT : 0);
    p2m_unlock(g->domain);
    return error;
}

/* Can an element be read or written? A fault is the first byte's that cannot. */
static bool reach(struct arch_vcpu *v, const struct guest_view *g, uint64_t va, unsigned int size,
                  enum access access)
{
    uint64_t last = va + size - 1, second = last & PAGE_MASK;
    uint32_t error;

    if (in_long_mode(v->vmcb) && (!is_canonical(va) || !is_canonical(last))) {
        svm_inject_error(v, X_GP, 0);
        return false;
    }
    error = page_fault(v, g, va, access);
    if (error == NO_FAULT && second > va) {
        va = second;
        error = page_fault(v, g, va, access);
    }
    if (error != NO_FAULT)
        svm_inject_pf(v, va, error);
    return error == NO_FAULT;
}

/* One element at this offset. What OUTS reads goes nowhere, but must be there. */
static bool play_element(struct arch_vcpu *v, uint32_t info, uint8_t prefix, uint64_t offset)
{
    unsigned int size = IOIO_SIZE(info);
    bool in = info & IOIO_IN;
    uint64_t va = linear(v->vmcb, segment(v->vmcb, in, prefix), offset);
    struct guest_view g = vcpu_view(v);
    uint32_t value;

    if (!reach(v, &g, va, size, in ? ACCESS_WRITE : ACCESS_READ))
        return false;
    if (in) {
        value = port_in((uint16_t)(info >> 16), size);
        guest_copy(&g, va, &value, size, TO_GUEST);
    }
    return true;
}

/* One element per exit: nobody does this in earnest. With REP the instruction runs again until rCX is 0. */
static void string_io(struct arch_vcpu *v, uint32_t info)
{
    unsigned int size = IOIO_SIZE(info);
    uint64_t *index = info & IOIO_IN ? &v->regs.rdi : &v->regs.rsi;
    uint64_t mask, count;
    struct insn i;

    if (!insn_fetch(v, &i)) {
        svm_inject_error(v, X_GP, 0);
        return;
    }
    mask = address_mask(v, &i);
    count = info & IOIO_REP ? v->regs.rcx & mask : 1;
    if (count) {
        if (!play_element(v, info, i.segment, *index & mask))
            return;
        set_masked(index, *index + (v->vmcb->rflags & RFLAGS_DF ? -(uint64_t)size : size), mask);
        count--;
    }
    if (info & IOIO_REP)
        set_masked(&v->regs.rcx, count, mask);
    if (count == 0)
        insn_skip(v, (unsigned int)(v->vmcb->exit_info2 - v->vmcb->rip));
    else
        insn_step(v);
}

void exit_ioio(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;
    uint32_t info = (uint32_t)c->exit_info1;
    unsigned int size = IOIO_SIZE(info);

    if (info & IOIO_STRING) {
        string_io(v, info);
        return;
    }
    if (info & IOIO_IN) {
        uint32_t value = port_in((uint16_t)(info >> 16), size);

        if (size == 4)
            c->rax = value;
        else
            memcpy(&c->rax, &value, size);
    }
    insn_skip(v, (unsigned int)(c->exit_info2 - c->rip)); /* exit_info2: the next rip */
}
