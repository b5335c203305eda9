; SPDX-License-Identifier: MIT
; The hypervisor's first instructions: interrupts off, a stack of our own, then C.
bits 64
default rel

extern boot_stacks_top          ; cpu/percpu.c
extern arch_start               ; cpu/start.c
extern __stack_chk_guard        ; cpu/protect.c

section .text

; In:  rdi = physical address of struct boot_info, below 4 GiB
;      CR3 = the loader's tables: the first 4 GiB at 0 and at the direct map, and this image
global entry
entry:
    cli
    cld
    mov rsp, [boot_stacks_top]
    xor ebp, ebp                ; the backtrace ends here
    rdtsc                       ; the stack protector's value must differ from boot to boot;
    shl rdx, 32                 ; its lowest byte is 0, which ends strings that run into it
    or rax, rdx
    mov rcx, 0x9e3779b97f4a7c15
    imul rax, rcx
    xor al, al
    mov [__stack_chk_guard], rax
    call arch_start
    ud2

section .note.GNU-stack noalloc noexec nowrite progbits
