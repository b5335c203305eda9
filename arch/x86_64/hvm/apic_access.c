/* SPDX-License-Identifier: MIT */
/* The local APIC's registers in memory: nothing is mapped there, so each access is a nested page fault. */
#include "exits.h"
#include "insn_mov.h"
#include <string.h>

#define NPF_PRESENT (1U << 0)
#define NPF_FETCH   (1U << 4)
#define NPF_TABLES  (1UL << 33) /* the CPU walked the guest's page tables there */

static unsigned int code_bits(const struct vmcb *c)
{
    if (in_long_mode(c))
        return 64;
    return c->cs.attr & SEG_D ? 32 : 16;
}

/* Registers of 32 bits clear the upper half, smaller ones leave the rest. */
static void set_register(struct arch_vcpu *v, const struct mov *m, uint64_t value)
{
    uint64_t *reg = guest_gpr(v, m->reg);

    if (m->to == 4)
        *reg = (uint32_t)value;
    else
        memcpy((uint8_t *)reg + m->high_byte, &value, m->to);
}

static uint64_t source(struct arch_vcpu *v, const struct mov *m)
{
    return m->immediate ? m->value : *guest_gpr(v, m->reg) >> (m->high_byte ? 8 : 0);
}

static uint64_t extend(const struct mov *m, uint64_t value)
{
    unsigned int above = 64 - 8 * m->size;

    value <<= above;
    return m->is_signed ? (uint64_t)((int64_t)value >> above) : value >> above;
}

static void access(struct arch_vcpu *v, const struct mov *m, unsigned int offset)
{
    uint64_t old = m->reads ? vlapic_read(v, offset) : 0;

    if (m->writes && m->size >= 4) /* smaller writes have no meaning */
        vlapic_write(v, offset, (uint32_t)source(v, m));
    if (m->reads)
        set_register(v, m, extend(m, old));
}

bool exit_apic_access(struct arch_vcpu *v)
{
    const struct vmcb *c = v->vmcb;
    struct mov m;
    struct insn i;

    if ((c->exit_info2 & PAGE_MASK) != VLAPIC_PAGE || !vlapic_is_xapic(v) ||
        (c->exit_info1 & (NPF_PRESENT | NPF_FETCH | NPF_TABLES)))
        return false;
    if (insn_fetch(v, &i) && insn_decode_mov(&i, code_bits(c), &m)) {
        access(v, &m, (unsigned int)(c->exit_info2 & ~PAGE_MASK));
        insn_skip(v, m.length);
    } else {
        upcall_crash(v->vcpu, "an access to the local APIC by another instruction than MOV");
    }
    return true;
}
