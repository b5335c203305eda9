; SPDX-License-Identifier: MIT
; The interrupt by which the hypervisor says that events are pending.
bits 64

extern events_upcall
global upcall_entry

section .text
upcall_entry:
        push    rax
        push    rcx
        push    rdx
        push    rsi
        push    rdi
        push    r8
        push    r9
        push    r10
        push    r11
        cld
        call    events_upcall
        pop     r11
        pop     r10
        pop     r9
        pop     r8
        pop     rdi
        pop     rsi
        pop     rdx
        pop     rcx
        pop     rax
        iretq

section .note.GNU-stack noalloc noexec nowrite progbits
