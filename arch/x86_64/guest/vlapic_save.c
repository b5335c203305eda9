/* SPDX-License-Identifier: MIT */
/* The local APIC in Xen's save records LAPIC and LAPIC_REGS (xen/arch-x86/hvm/save.h), checked before they
 * are believed. */
#include "context.h"
#include "cpu/registers.h"
#include "error.h"
#include "log.h"
#include <string.h>

#define SOFTWARE_DISABLED 1U /* of hvm_hw_lapic.disabled */
#define HARDWARE_DISABLED 2U
#define MODE              (APIC_BASE_ENABLE | APIC_BASE_X2APIC)

static uint32_t saved(const struct hvm_hw_lapic_regs *r, unsigned int nr)
{
    uint32_t value;

    memcpy(&value, r->data + nr * 16UL, sizeof(value));
    return value;
}

void vlapic_save(const struct arch_vcpu *v, struct hvm_hw_lapic *l, struct hvm_hw_lapic_regs *r)
{
    bool enabled = v->lapic.base & APIC_BASE_ENABLE;

    *l = (struct hvm_hw_lapic){
        .apic_base_msr = v->lapic.base,
        .disabled = (enabled ? 0 : HARDWARE_DISABLED) |
                    (v->lapic.reg[VLAPIC_SVR] & VLAPIC_SVR_ENABLE ? 0 : SOFTWARE_DISABLED),
        .timer_divisor = vlapic_timer_divisor(v),
    };
    *r = (struct hvm_hw_lapic_regs){0};
    for (unsigned int i = 0; i < VLAPIC_REGS; i++) {
        uint32_t value = vlapic_register(v, i);

        memcpy(r->data + i * 16UL, &value, sizeof(value));
    }
}

/* What vlapic_base_write could not have made of it. */
static bool base_is_valid(const struct arch_vcpu *v, uint64_t base)
{
    return !((base ^ v->lapic.base) & ~MODE) && (base & MODE) != APIC_BASE_X2APIC;
}

int vlapic_check_saved(const struct arch_vcpu *v, const struct hvm_hw_lapic *l,
                       const struct hvm_hw_lapic_regs *r)
{
    if (!base_is_valid(v, l->apic_base_msr) || l->tdt_msr)
        return refuse(EINVAL, "context: APIC_BASE %#lx, TSC deadline %#lx", l->apic_base_msr, l->tdt_msr);
    for (unsigned int i = 0; i < VLAPIC_REGS; i++)
        if (!vlapic_value_is_valid(i, saved(r, i), l->apic_base_msr & APIC_BASE_X2APIC))
            return refuse(EINVAL, "context: local APIC register %#x is %#x", i, saved(r, i));
    if (saved(r, VLAPIC_TIMER_CURRENT) > saved(r, VLAPIC_TIMER_INITIAL))
        return refuse(EINVAL, "context: timer at %u of %u", saved(r, VLAPIC_TIMER_CURRENT),
                      saved(r, VLAPIC_TIMER_INITIAL));
    return 0;
}

/* What it had been asked for before is forgotten, but not that it waits for its start. One that is off has
 * nothing but the registers of a reset. */
void vlapic_load(struct arch_vcpu *v, const struct hvm_hw_lapic *l, const struct hvm_hw_lapic_regs *r)
{
    __atomic_fetch_and(&v->lapic.requests, VLAPIC_WAIT, __ATOMIC_SEQ_CST);
    vlapic_reset(v);
    WRITE_ONCE(v->lapic.base, l->apic_base_msr);
    if (!(l->apic_base_msr & APIC_BASE_ENABLE))
        return;
    vlapic_load_registers(v, r->data);
    vlapic_timer_load(v, saved(r, VLAPIC_TIMER_INITIAL), saved(r, VLAPIC_TIMER_CURRENT));
    vlapic_request(v, VLAPIC_IRR_SET);
}
