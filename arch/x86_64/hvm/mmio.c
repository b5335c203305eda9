/* SPDX-License-Identifier: MIT */
/* Accesses to addresses where nothing is mapped: the local APIC's registers, and devices that are not there.
 * Each is a nested page fault. */
#include "exits.h"
#include "insn_mem.h"
#include "pvh.h"
#include <string.h>

static unsigned int code_bits(const struct vmcb *c)
{
    if (in_long_mode(c))
        return 64;
    return c->cs.attr & SEG_D ? 32 : 16;
}

/* Registers of 32 bits clear the upper half, smaller ones leave the rest. */
static void set_register(struct arch_vcpu *v, const struct mem_insn *m, uint64_t value)
{
    uint64_t *reg = guest_gpr(v, m->reg);

    if (m->to == 4)
        *reg = (uint32_t)value;
    else
        memcpy((uint8_t *)reg + m->high_byte, &value, m->to);
}

static uint64_t source(struct arch_vcpu *v, const struct mem_insn *m)
{
    return m->immediate ? m->value : *guest_gpr(v, m->reg) >> (m->high_byte ? 8 : 0);
}

static uint64_t extend(const struct mem_insn *m, uint64_t value)
{
    unsigned int above = 64 - 8 * m->size;

    value <<= above;
    return m->is_signed ? (uint64_t)((int64_t)value >> above) : value >> above;
}

/* All but the access, which has read OLD. What is to be written. */
static uint64_t perform(struct arch_vcpu *v, const struct mem_insn *m, uint64_t old)
{
    uint64_t operand = source(v, m), result;

    if (m->alu == ALU_NONE) {
        if (m->reads)
            set_register(v, m, extend(m, old));
        return operand;
    }
    result = insn_alu(m->alu, m->size, m->to_register ? operand : old, m->to_register ? old : operand,
                      &v->vmcb->rflags);
    if (m->to_register && m->alu != ALU_CMP)
        set_register(v, m, result);
    return result;
}

static void access_apic(struct arch_vcpu *v, const struct mem_insn *m)
{
    const unsigned int offset = (unsigned int)(v->vmcb->exit_info2 & ~PAGE_MASK);
    uint64_t value = perform(v, m, m->reads ? vlapic_read(v, offset) : 0);

    if (m->writes && m->size >= 4) /* smaller writes have no meaning */
        vlapic_write(v, offset, (uint32_t)value);
}

static void access_nobody(struct arch_vcpu *v, const struct mem_insn *m)
{
    perform(v, m, ~0UL);
}

/* The instruction at rip has made it: neither its fetch, nor a walk, nor the delivery of an event. */
static bool is_of_instruction(const struct vmcb *c)
{
    return !(c->exit_info1 & (NPF_PRESENT | NPF_FETCH | NPF_TABLES)) && !(c->exit_int_info & EVENT_VALID);
}

/* Another vCPU may have taken the code away meanwhile: then the guest goes back, and faults there. But once
 * only, for there is code that can be run and not be read (in shared info). */
static bool try_again(struct arch_vcpu *v)
{
    const bool again = v->unread_rip != v->vmcb->rip;

    v->unread_rip = again ? v->vmcb->rip : ~0UL;
    return again;
}

/* False: it is another instruction than insn_mem.h's, or none that can be read. */
static bool play(struct arch_vcpu *v, void (*access)(struct arch_vcpu *v, const struct mem_insn *m))
{
    struct mem_insn m;
    struct insn i;

    if (!insn_fetch(v, &i))
        return try_again(v);
    if (!insn_decode_mem(&i, code_bits(v->vmcb), &m))
        return m.length > i.available && try_again(v);
    v->unread_rip = ~0UL;
    access(v, &m);
    insn_skip(v, m.length);
    return true;
}

bool exit_apic_access(struct arch_vcpu *v)
{
    const struct vmcb *c = v->vmcb;

    if ((c->exit_info2 & PAGE_MASK) != PVH_LAPIC_PAGE || !vlapic_is_xapic(v) || !is_of_instruction(c))
        return false;
    if (!play(v, access_apic))
        upcall_crash(v->vcpu, "an access to the local APIC by an instruction that is not played");
    return true;
}

/* Where the domain may have RAM. */
static bool is_ram(const struct arch_vcpu *v, uint64_t address)
{
    if (address >= PVH_HOLE_START && address < PVH_HOLE_END)
        return false;
    if (address >= PVH_HOLE_END)
        address -= PVH_HOLE_END - PVH_HOLE_START;
    return address >> PAGE_SHIFT < READ_ONCE(v->domain->mem->max_pages);
}

bool exit_unclaimed(struct arch_vcpu *v)
{
    return is_of_instruction(v->vmcb) && !is_ram(v, v->vmcb->exit_info2) && play(v, access_nobody);
}
