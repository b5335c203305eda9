/* SPDX-License-Identifier: MIT */
/* The local APIC's registers, as memory (xAPIC) and as MSRs (x2APIC). */
#include "cpu/registers.h"
#include "error.h"
#include "hvm/svm.h"
#include <string.h>

#define READ      1U
#define WRITE     2U
#define XAPIC     4U /* in this mode only */
#define X2APIC    8U
#define LVT_PIN   0x1a7ffU /* vector, delivery mode, polarity, trigger mode, mask */
#define LVT_EVENT 0x107ffU
#define DFR_ONES  0x0fffffffU /* its bits that are always 1 */

static const struct {
    uint8_t access;
    uint32_t bits; /* that can be written */
} registers[VLAPIC_REGS] = {
    [VLAPIC_ID] = {READ, 0},
    [VLAPIC_VERSION] = {READ, 0},
    [VLAPIC_TPR] = {READ | WRITE, 0xff},
    [VLAPIC_PPR] = {READ, 0},
    [VLAPIC_EOI] = {WRITE, 0},
    [VLAPIC_LDR] = {READ | WRITE | XAPIC, 0xff000000},
    [VLAPIC_DFR] = {READ | WRITE | XAPIC, 0xf0000000},
    [VLAPIC_SVR] = {READ | WRITE, 0x1ff},
    [VLAPIC_ISR... VLAPIC_IRR + 7] = {READ, 0},
    [VLAPIC_ESR] = {READ | WRITE, 0},
    [VLAPIC_ICR] = {READ | WRITE, 0xccfff},
    [VLAPIC_ICR_HIGH] = {READ | WRITE | XAPIC, 0xff000000},
    [VLAPIC_LVT_TIMER] = {READ | WRITE, 0x300ff},
    [VLAPIC_LVT_THERMAL] = {READ | WRITE, LVT_EVENT},
    [VLAPIC_LVT_PERF] = {READ | WRITE, LVT_EVENT},
    [VLAPIC_LVT_LINT0] = {READ | WRITE, LVT_PIN},
    [VLAPIC_LVT_LINT1] = {READ | WRITE, LVT_PIN},
    [VLAPIC_LVT_ERROR] = {READ | WRITE, 0x100ff},
    [VLAPIC_TIMER_INITIAL] = {READ | WRITE, ~0U},
    [VLAPIC_TIMER_CURRENT] = {READ, 0},
    [VLAPIC_TIMER_DIVIDE] = {READ | WRITE, 0xb},
    [VLAPIC_SELF_IPI] = {WRITE | X2APIC, 0xff},
};

static bool is_lvt(unsigned int nr)
{
    return nr >= VLAPIC_LVT_TIMER && nr <= VLAPIC_LVT_ERROR;
}

uint32_t vlapic_register(const struct arch_vcpu *v, unsigned int nr)
{
    switch (nr) {
    case VLAPIC_ID:
        return vlapic_is_x2apic(v) ? v->id : v->id << 24;
    case VLAPIC_TPR:
        return vlapic_tpr(v);
    case VLAPIC_PPR:
        return vlapic_ppr(v);
    case VLAPIC_LDR:
        return vlapic_ldr(v);
    case VLAPIC_TIMER_CURRENT:
        return vlapic_timer_current(v);
    }
    return READ_ONCE(v->lapic.reg[nr]);
}

/* Software switches it off, and with it all local sources; they stay masked when it is on again. */
static void write_svr(struct vlapic *l, uint32_t value)
{
    WRITE_ONCE(l->reg[VLAPIC_SVR], value);
    for (unsigned int i = VLAPIC_LVT_TIMER; !(value & VLAPIC_SVR_ENABLE) && i <= VLAPIC_LVT_ERROR; i++)
        WRITE_ONCE(l->reg[i], l->reg[i] | VLAPIC_LVT_MASKED);
}

static void write_lvt(struct arch_vcpu *v, unsigned int nr, uint32_t value)
{
    struct vlapic *l = &v->lapic;

    if (!(l->reg[VLAPIC_SVR] & VLAPIC_SVR_ENABLE))
        value |= VLAPIC_LVT_MASKED;
    if (nr == VLAPIC_LVT_TIMER)
        vlapic_timer_mode(v, value);
    else
        WRITE_ONCE(l->reg[nr], value);
}

/* VALUE has only bits that the register has. */
static void write_register(struct arch_vcpu *v, unsigned int nr, uint32_t value)
{
    struct vlapic *l = &v->lapic;

    switch (nr) {
    case VLAPIC_TPR:
        vlapic_write_tpr(v, value);
        break;
    case VLAPIC_EOI:
        vlapic_eoi(v);
        break;
    case VLAPIC_DFR:
        WRITE_ONCE(l->reg[nr], value | DFR_ONES);
        break;
    case VLAPIC_SVR:
        write_svr(l, value);
        break;
    case VLAPIC_ESR: /* what has happened since the last time */
        l->reg[nr] = l->errors;
        l->errors = 0;
        break;
    case VLAPIC_TIMER_INITIAL:
        vlapic_timer_start(v, value);
        break;
    case VLAPIC_TIMER_DIVIDE:
        vlapic_timer_divide(v, value);
        break;
    case VLAPIC_SELF_IPI:
        vlapic_send(v, VLAPIC_TO_SELF | value, 0);
        break;
    default:
        if (is_lvt(nr))
            write_lvt(v, nr, value);
        else
            WRITE_ONCE(l->reg[nr], value);
    }
}

/* ---- xAPIC ---- */

static bool allows(unsigned int nr, unsigned int access, unsigned int other_mode)
{
    return nr < VLAPIC_REGS && (registers[nr].access & access) && !(registers[nr].access & other_mode);
}

/* Registers are 32 bits at multiples of 16. Parts of one can be read; what lies between has no meaning. */
uint32_t vlapic_read(struct arch_vcpu *v, unsigned int offset)
{
    unsigned int nr = offset / 16;

    if (!allows(nr, READ, X2APIC)) {
        vlapic_error(v, VLAPIC_REGISTER_ILLEGAL);
        return 0;
    }
    return offset % 16 < 4 ? vlapic_register(v, nr) >> offset % 16 * 8 : 0;
}

void vlapic_write(struct arch_vcpu *v, unsigned int offset, uint32_t value)
{
    unsigned int nr = offset / 16;

    if (!allows(nr, WRITE, X2APIC) || offset % 16) {
        vlapic_error(v, VLAPIC_REGISTER_ILLEGAL);
        return;
    }
    write_register(v, nr, value & registers[nr].bits);
    if (nr == VLAPIC_ICR)
        vlapic_send(v, v->lapic.reg[VLAPIC_ICR], v->lapic.reg[VLAPIC_ICR_HIGH] >> 24);
}

/* ---- x2APIC ---- */

int vlapic_msr_read(struct arch_vcpu *v, uint32_t msr, uint64_t *value)
{
    uint32_t nr = msr - VLAPIC_MSRS;

    if (!vlapic_is_x2apic(v) || !(nr == VLAPIC_LDR || allows(nr, READ, XAPIC)))
        return -EINVAL;
    *value = vlapic_register(v, nr);
    if (nr == VLAPIC_ICR)
        *value |= (uint64_t)v->lapic.reg[VLAPIC_ICR_HIGH] << 32;
    return 0;
}

/* Bits that a register does not have must be 0. */
int vlapic_msr_write(struct arch_vcpu *v, uint32_t msr, uint64_t value)
{
    uint32_t nr = msr - VLAPIC_MSRS, low = (uint32_t)value, high = (uint32_t)(value >> 32);

    if (!vlapic_is_x2apic(v) || !allows(nr, WRITE, XAPIC) || (low & ~registers[nr].bits) ||
        (high && nr != VLAPIC_ICR))
        return -EINVAL;
    write_register(v, nr, low);
    if (nr == VLAPIC_ICR) {
        v->lapic.reg[VLAPIC_ICR_HIGH] = high;
        vlapic_send(v, low, high);
    }
    return 0;
}

/* ---- saved ---- */

static bool is_bitmap(unsigned int nr)
{
    return nr >= VLAPIC_ISR && nr <= VLAPIC_IRR + 7;
}

static bool is_read_write(unsigned int nr)
{
    return (registers[nr].access & (READ | WRITE)) == (READ | WRITE);
}

/* What a guest can write; no vector below 16 comes. */
bool vlapic_value_is_valid(unsigned int nr, uint32_t value, bool x2apic)
{
    if (is_bitmap(nr))
        return nr % 8 || !(value & 0xffff);
    if (nr == VLAPIC_ESR)
        return !(value & ~(VLAPIC_SEND_ILLEGAL | VLAPIC_REGISTER_ILLEGAL));
    if (nr == VLAPIC_DFR)
        return (value & DFR_ONES) == DFR_ONES;
    if (!is_read_write(nr) || (x2apic && (registers[nr].access & XAPIC)))
        return true; /* others decide it; x2APIC's LDR is of the number, ICR has 32 bits of destination */
    return !(value & ~registers[nr].bits);
}

void vlapic_load_registers(struct arch_vcpu *v, const uint8_t *values)
{
    struct vlapic *l = &v->lapic;

    for (unsigned int i = 0; i < VLAPIC_REGS; i++) {
        uint32_t value;

        memcpy(&value, values + i * 16UL, sizeof(value));
        if (i == VLAPIC_ESR || i == VLAPIC_ICR_HIGH || i == VLAPIC_TIMER_DIVIDE || is_bitmap(i))
            WRITE_ONCE(l->reg[i], value);
        else if (i != VLAPIC_TIMER_INITIAL && is_read_write(i))
            write_register(v, i, value & registers[i].bits);
    }
    l->in_service = 0;
    for (unsigned int i = 0; i < 8; i++)
        l->in_service |= (uint8_t)((l->reg[VLAPIC_ISR + i] != 0) << i);
}
