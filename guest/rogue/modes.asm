; SPDX-License-Identifier: MIT
; Out of long mode and further back, in the order that leaves EFER.LME on without paging and without PAE.

CR0_PE          equ 1
CR0_PG          equ 1 << 31
CR4_PAE         equ 1 << 5
CODE32          equ 0x18
ROUNDS          equ 1000

global leave_modes

section .text
bits 64
leave_modes:
        cli
        lgdt    [rel gdt_pointer]
        push    CODE32
        lea     rax, [rel compatibility]
        push    rax
        retfq

bits 32
compatibility:
        mov     edi, ROUNDS
.paging:
        cpuid
        dec     edi
        jnz     .paging
        mov     eax, cr0
        and     eax, ~CR0_PG
        mov     cr0, eax
        mov     edi, ROUNDS
.protected:
        cpuid
        dec     edi
        jnz     .protected
        mov     eax, cr4
        and     eax, ~CR4_PAE
        mov     cr4, eax
        mov     edi, ROUNDS
.without_pae:
        cpuid
        dec     edi
        jnz     .without_pae
        mov     eax, cr0
        and     eax, ~CR0_PE
        mov     cr0, eax
        mov     edi, ROUNDS
.real:
        cpuid
        dec     edi
        jnz     .real
        hlt

section .rodata
        align   8
gdt:    dq 0
        dq 0x00af9b000000ffff
        dq 0x00cf93000000ffff
        dq 0x00cf9b000000ffff   ; 32-bit code
gdt_pointer:
        dw $ - gdt - 1
        dq gdt

section .note.GNU-stack noalloc noexec nowrite progbits
