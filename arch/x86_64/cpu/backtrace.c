/* SPDX-License-Identifier: MIT */
/* The panic report: registers, control registers, and the callers by frame pointers and the image's symbols.
 */
#include "arch.h"
#include "elf.h"
#include "insn.h"
#include "log.h"
#include "percpu.h"
#include "registers.h"
#include "start.h"
#include "trap.h"

#define MAX_FRAMES 32

extern const uint8_t __text_start[], __text_end[]; /* linker.ld */

/* What a function with a frame pointer leaves at RBP. */
struct stack_frame {
    uint64_t caller_rbp, return_address;
};

static bool in_text(uint64_t address)
{
    return address >= (uint64_t)__text_start && address < (uint64_t)__text_end;
}

static bool within(uint64_t at, const uint8_t *area, uint64_t size)
{
    return at >= (uint64_t)area && at - (uint64_t)area <= size - sizeof(struct stack_frame);
}

/* May a frame be read there? Only on one of this CPU's stacks, whatever RBP says. */
static bool is_readable(uint64_t rbp)
{
    const struct cpu_stacks *s = this_cpu()->stacks;

    if (rbp & 7)
        return false;
    for (unsigned int i = 0; i < ARRAY_SIZE(s->ist); i++) {
        if (within(rbp, s->ist[i].stack, IST_STACK_SIZE))
            return true;
    }
    return within(rbp, s->main, MAIN_STACK_SIZE);
}

/* A return address may lie just behind a function whose last instruction is the call: look at the call. */
static void print_address(const struct elf_image *elf, uint64_t address, bool is_return)
{
    uint64_t offset = 0;
    const char *name = elf && in_text(address) ? elf_symbol_at(elf, address - is_return, &offset) : NULL;

    if (name)
        log_err("  %016lx %s+0x%lx\n", address, name, offset + is_return);
    else
        log_err("  %016lx\n", address);
}

static void print_callers(const struct elf_image *elf, uint64_t rbp)
{
    for (unsigned int i = 0; i < MAX_FRAMES && is_readable(rbp); i++) {
        const struct stack_frame *f = (const struct stack_frame *)rbp;

        if (!in_text(f->return_address))
            return;
        print_address(elf, f->return_address, true);
        rbp = f->caller_rbp;
    }
}

void arch_backtrace(void)
{
    const struct trap_frame *trap = this_cpu()->trap;
    const void *file = paddr_to_virt(paddr(boot_record->elf_start));
    struct elf_image elf;
    bool has_symbols = !elf_open(&elf, file, boot_record->elf_size, ELF_MACHINE_X86_64);

    if (trap)
        trap_print(trap);
    log_err("cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx\n", read_cr0(), read_cr2(), read_cr3(), read_cr4());
    log_err("efer %lx, time %lu us, called from:\n", rdmsr(MSR_EFER), arch_now() / 1000);
    if (trap)
        print_address(has_symbols ? &elf : NULL, trap->rip, false);
    print_callers(has_symbols ? &elf : NULL, trap ? trap->rbp : (uint64_t)__builtin_frame_address(0));
}
