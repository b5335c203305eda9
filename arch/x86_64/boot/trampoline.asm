; SPDX-License-Identifier: MIT
; The first instructions of a CPU that is started: from real mode straight to long mode, to a stack, to C.
; cpu/ap.c copies the first part to a page below 1 MiB, which the final page tables map at its own address.

extern ap_ticket                ; cpu/ap.c
extern ap_start                 ; cpu/ap.c

%define CR4_PAE   0x20
%define CR0_LONG  0x80010033    ; PG, WP, NE, ET, MP, PE; caches on
%define MSR_EFER  0xc0000080
%define EFER_LONG 0x900         ; LME, NXE

section .rodata
global trampoline_start, trampoline_fields, trampoline_end

; In: CS = the page's number * 256, IP = 0
align 16
bits 16
trampoline_start:
    cli
    mov ax, cs
    mov ds, ax
    o32 lgdt [fields.gdtr - trampoline_start]
    mov eax, CR4_PAE
    mov cr4, eax
    mov eax, [fields.cr3 - trampoline_start]
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LONG
    wrmsr
    mov eax, CR0_LONG           ; protection and paging at once: this is long mode, still with 16-bit code
    mov cr0, eax
    jmp dword far [fields.entry - trampoline_start]

bits 64
long_mode:
    mov rax, qword take_ticket
    jmp rax

; struct trampoline_fields: ap.c adds the page's address to the offsets, once, before any CPU comes here.
align 8
trampoline_fields:
fields:
.cr3:   dd 0
.entry: dd long_mode - trampoline_start
        dw gdt.code - gdt
.gdtr:  dw gdt.end - gdt - 1
        dd gdt - trampoline_start
align 8
gdt:    dq 0
.code:  dq 0x00af9b000000ffff   ; present, code, accessed, long mode
.end:
trampoline_end:

; Without a ticket it was given up before it came: the stack may be another CPU's by now.
section .text
take_ticket:
    xor esp, esp
    xchg rsp, [rel ap_ticket]   ; the top of its stack, with its struct cpu there
    test rsp, rsp
    jz .halt
    pop rdi
    xor ebp, ebp                ; the backtrace ends here
    call ap_start
.halt:
    cli
    hlt
    jmp .halt

section .note.GNU-stack noalloc noexec nowrite progbits
