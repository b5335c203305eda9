; SPDX-License-Identifier: MIT
; From the PVH entry, 32-bit protected mode without paging, to C in long mode; the other vCPUs; exceptions.

CR0_PE_ET_WP_PG equ 0x80010011
CR4_PAE         equ 1 << 5
MSR_EFER        equ 0xc0000080
EFER_LME        equ 1 << 8
STACK_SIZE      equ 64 * 1024
CODE64          equ 8
DATA            equ 16

PRESENT_RW      equ 3
LARGE           equ 1 << 7

extern guest_start
extern guest_exception
extern smp_main
global pvh_entry
global smp_entry
global pd
global exception_entry

section .note.Xen note alloc align=4
        dd 4, 4, 18             ; name size, description size, XEN_ELFNOTE_PHYS32_ENTRY
        db "Xen", 0
        dd pvh_entry

; The loader has zeroed the BSS. EBX: guest-physical address of hvm_start_info.
section .text
bits 32
pvh_entry:
        cld
        mov     eax, CR4_PAE
        mov     cr4, eax
        mov     eax, pml4
        mov     cr3, eax
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME
        wrmsr
        mov     eax, CR0_PE_ET_WP_PG
        mov     cr0, eax
        lgdt    [gdt_pointer]
        jmp     CODE64:long_mode

bits 64
default rel
long_mode:
        mov     eax, DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        lea     rsp, [stack_top]
        xor     ebp, ebp
        mov     edi, ebx
        call    guest_start     ; does not return
        ud2

; The other vCPUs' start, in the state of VCPUOP_initialise: long mode, page tables, a stack, but no GDT.
; RDI: struct vcpu_block.
smp_entry:
        lgdt    [gdt_pointer]
        push    CODE64
        lea     rax, [.loaded]
        push    rax
        retfq
.loaded:
        mov     eax, DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     ebp, ebp
        call    smp_main        ; does not return
        ud2

; One entry for each exception, 16 bytes apart; those without an error code push a 0 in its place.
%macro EXCEPTION 1
        align   16
%if %1 != 8 && %1 != 10 && %1 != 11 && %1 != 12 && %1 != 13 && %1 != 14 && %1 != 17 && %1 != 21 && %1 != 29 && %1 != 30
        push    0
%endif
        push    %1
        jmp     save_registers
%endmacro

        align   16
exception_entry:
%assign vector 0
%rep 32
        EXCEPTION vector
%assign vector vector + 1
%endrep

; Builds struct exception_frame (exception.c) on the stack.
save_registers:
        push    rax
        push    rcx
        push    rdx
        push    rbx
        push    rbp
        push    rsi
        push    rdi
        push    r8
        push    r9
        push    r10
        push    r11
        push    r12
        push    r13
        push    r14
        push    r15
        mov     rdi, rsp
        cld
        and     rsp, -16
        call    guest_exception ; does not return
        ud2

section .rodata
        align   8
gdt:    dq 0
        dq 0x00af9b000000ffff   ; 64-bit code
        dq 0x00cf93000000ffff   ; data
gdt_pointer:
        dw $ - gdt - 1
        dq gdt

; The first 4 GiB mapped one to one with 2 MiB pages, only the first one with 4 KiB pages: page 0 stays unmapped,
; so that a NULL pointer faults.
section .data align=4096
pml4:   dq pdpt + PRESENT_RW
        times 511 dq 0
pdpt:   dq pd + PRESENT_RW, pd + 0x1000 + PRESENT_RW, pd + 0x2000 + PRESENT_RW, pd + 0x3000 + PRESENT_RW
        times 508 dq 0
pd:     dq pt + PRESENT_RW
%assign page 1
%rep 2047
        dq (page << 21) + LARGE + PRESENT_RW
%assign page page + 1
%endrep
pt:     dq 0
%assign page 1
%rep 511
        dq (page << 12) + PRESENT_RW
%assign page page + 1
%endrep

section .bss align=16
        resb STACK_SIZE
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
