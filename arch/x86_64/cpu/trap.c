/* SPDX-License-Identifier: MIT */
/* The interrupt descriptor table, exceptions (all but machine checks end in a panic) and the few interrupts.
 */
#include "trap.h"
#include "arch.h"
#include "insn.h"
#include "ipi.h"
#include "lapic.h"
#include "log.h"
#include "mca.h"
#include "percpu.h"

#define STUB_SIZE      16   /* stubs.asm */
#define GATE_INTERRUPT 0x8e /* present, 64-bit interrupt gate: interrupts stay off */

enum { TRAP_NMI = 2, TRAP_UD = 6, TRAP_DF = 8, TRAP_PF = 14, TRAP_MC = 18 };

/* AMD64 manual volume 2, section 4.8.4. */
struct PACKED idt_gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct idt_gate) * NR_VECTORS == IDT_SIZE, "a gate has 16 bytes");

static struct idt_gate idt[NR_VECTORS];
extern const uint8_t trap_stubs[];

static const char *const names[NR_EXCEPTIONS] = {
    [0] = "#DE divide error",
    [1] = "#DB debug",
    [2] = "NMI",
    [3] = "#BP breakpoint",
    [4] = "#OF overflow",
    [5] = "#BR bound range",
    [6] = "#UD invalid opcode",
    [7] = "#NM no FPU",
    [8] = "#DF double fault",
    [10] = "#TS invalid TSS",
    [11] = "#NP segment not present",
    [12] = "#SS stack segment",
    [13] = "#GP general protection",
    [14] = "#PF page fault",
    [16] = "#MF x87",
    [17] = "#AC alignment check",
    [18] = "#MC machine check",
    [19] = "#XF SIMD",
    [21] = "#CP control protection",
    [28] = "#HV hypervisor injection",
    [29] = "#VC VMM communication",
    [30] = "#SX security",
};

static enum ist ist_of(unsigned int vector)
{
    switch (vector) {
    case TRAP_NMI:
        return IST_NMI;
    case TRAP_DF:
        return IST_DOUBLE_FAULT;
    case TRAP_MC:
        return IST_MACHINE_CHECK;
    default:
        return IST_NONE;
    }
}

const void *trap_idt(void)
{
    for (unsigned int i = 0; i < NR_VECTORS && !idt[NR_VECTORS - 1].type; i++) {
        uint64_t stub = (uint64_t)trap_stubs + i * STUB_SIZE;

        idt[i] = (struct idt_gate){
            .offset_low = (uint16_t)stub,
            .offset_mid = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
            .selector = SEL_CODE,
            .ist = ist_of(i),
            .type = GATE_INTERRUPT,
        };
    }
    return idt;
}

void trap_print(const struct trap_frame *f)
{
    log_err("rip %016lx  rflags %08lx  cs %04lx  error %lx\n", f->rip, f->rflags, f->cs, f->error);
    log_err("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    log_err("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
    log_err("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
    log_err("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
}

static bool is_in(uint64_t at, const uint8_t *guard)
{
    return at >= (uint64_t)guard && at - (uint64_t)guard < PAGE_SIZE;
}

/* An overflow touches the guard page below a stack, and can then not even push the page fault's frame. */
static bool is_stack_overflow(const struct trap_frame *f)
{
    const struct cpu_stacks *s = this_cpu()->stacks;
    uint64_t at = read_cr2();
    bool in_guard = is_in(at, s->guard);

    for (unsigned int i = 0; i < ARRAY_SIZE(s->ist); i++)
        in_guard |= is_in(at, s->ist[i].guard);
    return (f->vector == TRAP_DF || f->vector == TRAP_PF) && in_guard;
}

/* The sanitizer's traps are UD2 (gcc) and UD1 (clang). */
static bool is_sanitizer_trap(const struct trap_frame *f)
{
    const uint8_t *code = (const uint8_t *)f->rip;

    return f->vector == TRAP_UD && code[0] == 0x0f && (code[1] == 0x0b || code[1] == 0xb9);
}

NORETURN static void exception(const struct trap_frame *f)
{
    struct cpu *c = this_cpu();

    if (++c->trap_depth > 1) { /* the report itself failed */
        if (c->trap_depth == 2)
            log_err("%s at %lx while reporting the first exception\n", names[f->vector], f->rip);
        arch_exit(EXIT_CODE_PANIC);
    }
    c->trap = f;
    if (is_stack_overflow(f))
        panic("stack overflow at %lx", f->rip);
    if (is_sanitizer_trap(f))
        panic("undefined behaviour, or a place that must not be reached, at %lx (#UD)", f->rip);
    if (f->vector == TRAP_PF)
        panic("#PF page fault at %lx: %s %016lx, %s (error %lx)", f->rip,
              f->error & 16  ? "execution of"
              : f->error & 2 ? "write to"
                             : "read of",
              read_cr2(), f->error & 1 ? "not permitted" : "not mapped", f->error);
    panic("%s at %lx (error %lx)", names[f->vector] ? names[f->vector] : "reserved exception", f->rip,
          f->error);
}

/* Not while a panic is being reported. The frame is for the report, should this be the end. */
static bool survives_machine_check(const struct trap_frame *f)
{
    struct cpu *c = this_cpu();
    bool can_resume, handled;

    if (f->vector != TRAP_MC || c->trap)
        return false;
    c->trap = f;
    handled = mca_exception(false, &can_resume);
    c->trap = NULL;
    return handled;
}

/* One that another CPU has sent. The frame is for the report. */
static bool survives_nmi(const struct trap_frame *f)
{
    struct cpu *c = this_cpu();
    const struct trap_frame *interrupted = c->trap;
    bool expected;

    if (f->vector != TRAP_NMI)
        return false;
    ipi_stop_if_asked();
    c->trap = f;
    expected = upcall_nmi();
    c->trap = interrupted;
    return expected;
}

void trap_entry(struct trap_frame *f)
{
    if (survives_machine_check(f) || survives_nmi(f))
        return;
    if (f->vector < NR_EXCEPTIONS)
        exception(f);
    WRITE_ONCE(this_cpu()->interrupts, this_cpu()->interrupts + 1);
    if (f->vector == VECTOR_TIMER)
        lapic_timer_interrupt();
    else if (f->vector == VECTOR_KICK)
        lapic_eoi();
    else if (f->vector != VECTOR_SPURIOUS) {
        log_warn("interrupt on vector %lu, which nobody asked for\n", f->vector);
        lapic_eoi();
    }
}
