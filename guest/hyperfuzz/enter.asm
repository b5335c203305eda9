; SPDX-License-Identifier: MIT
; A hypercall in the address space of the calls, by 64-bit and by 32-bit code. All that it needs while it is
; there lies in this section.
bits 64
default rel

CODE64  equ 0x08
CODE32  equ 0x18

global call_enter
global call_enter_32
global call_init
global enter_page

section .text align=4096
enter_page:
        align   8
gdt:    dq 0
        dq 0x00af9b000000ffff   ; 64-bit code
        dq 0x00cf93000000ffff   ; data
        dq 0x00cf9b000000ffff   ; 32-bit code
gdt_pointer:
        dw $ - gdt - 1
        dq gdt
        align   8
home_root:  dq 0                ; written while this page is mapped for writing as well
call_root:  dq 0
home_stack: dq 0

; void call_init(void)
call_init:
        lgdt    [gdt_pointer]
        mov     rax, cr3
        mov     [home_root], rax
        ret

%macro SAVE 0
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
%endmacro
%macro RESTORE 0
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
%endmacro

; int64_t call_enter(const struct call *c, uint64_t root)
call_enter:
        SAVE
        mov     r14, [home_root]
        mov     r11, rsi
        mov     rax, [rdi]
        mov     rsi, [rdi + 16]
        mov     rdx, [rdi + 24]
        mov     r10, [rdi + 32]
        mov     r8, [rdi + 40]
        mov     r9, [rdi + 48]
        mov     rdi, [rdi + 8]
        mov     cr3, r11
        vmmcall
        mov     cr3, r14
        RESTORE
        ret

; int64_t call_enter_32(const struct call *c, uint64_t root): every register is an argument, so ESP carries
; the roots.
call_enter_32:
        SAVE
        mov     [call_root], rsi
        mov     [home_stack], rsp
        mov     rax, [rdi]
        mov     rbx, [rdi + 8]
        mov     rcx, [rdi + 16]
        mov     rdx, [rdi + 24]
        mov     rsi, [rdi + 32]
        mov     rbp, [rdi + 48]
        mov     rdi, [rdi + 40]
        push    CODE32
        push    code_32
        retfq
bits 32
code_32:
        mov     esp, [call_root]
        mov     cr3, esp
        vmmcall
        mov     esp, [home_root]
        mov     cr3, esp
        jmp     CODE64:back
bits 64
back:
        mov     rsp, [home_stack]
        movsxd  rax, eax
        RESTORE
        ret

section .note.GNU-stack noalloc noexec nowrite progbits
