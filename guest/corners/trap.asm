; SPDX-License-Identifier: MIT
; Catching exceptions: run code, and come back from the middle of it.
bits 64
default rel

SEL_DATA      equ 0x10
USER_CODE     equ 0x2b
USER_DATA     equ 0x23
DR6_RESET     equ 0xffff0ff0
DR7_RESET     equ 0x400

global trap_catch_code
global trap_catch_user_code
global trap_entry
global trap_entry_user_done
global trap
global user_rflags
extern user_stack_top

section .text

%macro SAVE 0
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        mov     [saved_rsp], rsp
%endmacro

; bool trap_catch_code(void (*code)(void)): did it end in an exception?
trap_catch_code:
        SAVE
        call    rdi
        xor     eax, eax
        jmp     leave_code

; The same at CPL 3; the code ends with int 0x80.
trap_catch_user_code:
        SAVE
        push    USER_DATA
        lea     rax, [user_stack_top]
        push    rax
        push    qword [user_rflags]
        push    USER_CODE
        push    rdi
        iretq

leave_code:
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret

; One entry for each exception, 16 bytes apart; those without an error code push a 0 in its place.
%macro ENTRY 1
        align   16
%if %1 != 8 && %1 != 10 && %1 != 11 && %1 != 12 && %1 != 13 && %1 != 14 && %1 != 17 && %1 != 21 && %1 != 29 && %1 != 30
        push    0
%endif
        push    %1
        jmp     caught
%endmacro

        align   16
trap_entry:
%assign vector 0
%rep 32
        ENTRY vector
%assign vector vector + 1
%endrep

        align   16
trap_entry_user_done:
        push    0
        push    0x80
        jmp     caught

; No register of the interrupted code matters any more but those that go into the record.
caught:
        pop     qword [trap]
        pop     qword [trap + 8]
        pop     qword [trap + 16]
        pop     qword [trap + 24]
        pop     qword [trap + 32]
        pop     qword [trap + 40]
        pop     qword [trap + 48]
        mov     rax, cr2
        mov     [trap + 56], rax
        mov     rax, dr6
        mov     [trap + 64], rax
        mov     eax, DR7_RESET
        mov     dr7, rax
        mov     eax, DR6_RESET
        mov     dr6, rax
        mov     eax, SEL_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     rsp, [saved_rsp]
        push    2
        popfq
        mov     eax, 1
        jmp     leave_code

section .data
        align   8
user_rflags:
        dq      2

section .bss
        align   16
trap:   resq    9
saved_rsp:
        resq    1

section .note.GNU-stack noalloc noexec nowrite progbits
