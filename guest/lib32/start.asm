; SPDX-License-Identifier: MIT
; The PVH entry of 32-bit guests: to C in protected mode without paging, and the exception entries.

STACK_SIZE      equ 64 * 1024
CODE32          equ 8
DATA            equ 16

extern guest_start
extern guest_exception
global pvh_entry
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
        lgdt    [gdt_pointer]
        jmp     CODE32:flat
flat:   mov     eax, DATA
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        mov     esp, stack_top
        xor     ebp, ebp
        push    ebp             ; the argument is at a multiple of 16
        push    ebp
        push    ebp
        push    ebx
        call    guest_start     ; does not return
        ud2

; One entry for each exception, 16 bytes apart; those without an error code push a 0 in its place.
%macro EXCEPTION 1
        align   16
%if %1 != 8 && %1 != 10 && %1 != 11 && %1 != 12 && %1 != 13 && %1 != 14 && %1 != 17 && %1 != 21 && %1 != 29 && %1 != 30
        push    dword 0
%endif
        push    dword %1
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
        pushad
        mov     eax, esp
        cld
        and     esp, -16
        sub     esp, 12
        push    eax
        call    guest_exception ; does not return
        ud2

section .rodata
        align   8
gdt:    dq 0
        dq 0x00cf9b000000ffff   ; 32-bit code
        dq 0x00cf93000000ffff   ; data
gdt_pointer:
        dw $ - gdt - 1
        dd gdt

section .bss align=16
        resb STACK_SIZE
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
