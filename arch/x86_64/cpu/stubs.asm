; SPDX-License-Identifier: MIT
; One stub for each vector: complete struct trap_frame (trap.h) and call trap_entry.
bits 64
default rel

extern trap_entry               ; cpu/trap.c

%define STUB_SIZE 16            ; trap.c computes the stubs' addresses with it

section .text

; These exceptions push an error code; for the others we push 0, so that all frames look alike.
%define HAS_ERROR_CODE(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || (v) == 29 || (v) == 30)

align 16
global trap_stubs
trap_stubs:
%assign vector 0
%rep 256
    align STUB_SIZE
    %if !HAS_ERROR_CODE(vector)
    push 0
    %endif
    push dword vector
    jmp near save_and_call
    %assign vector vector + 1
%endrep

save_and_call:
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    cld
    mov rdi, rsp                ; the frame; 22 words on a 16-byte aligned stack keep it aligned
    call trap_entry
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    add rsp, 16                 ; vector and error code
    iretq

section .note.GNU-stack noalloc noexec nowrite progbits
