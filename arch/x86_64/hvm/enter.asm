; SPDX-License-Identifier: MIT
; World switch: host registers out, guest registers in, VMRUN, and back.
bits 64
default rel
section .text

; void svm_enter(struct guest_regs *regs, uint64_t vmcb_pa, uint64_t host_vmcb_pa, uint64_t *uses)
;
; *uses becomes 0 as soon as the guest has exited: before an interrupt is handled, which may take a lock, another
; CPU in p2m_flush no longer waits for this one.
;
; GIF is clear from CLGI until STGI but inside the guest, so neither an interrupt nor an NMI is seen while half
; of the state is the guest's. IF is set before VMRUN: with V_INTR_MASKING that is what lets host interrupts end
; the guest's turn whatever its own IF says. One that came before VMRUN, since interrupts are off in the hypervisor,
; ends it at its first instruction, so that a kick is never lost between upcall_need_resched and the guest. STGI
; finds IF set and so takes what is pending; CLI ends the window.
; VMLOAD/VMSAVE switch what VMRUN leaves alone: FS, GS, TR, LDTR, KernelGSBase and the SYSCALL/SYSENTER MSRs.
global svm_enter
svm_enter:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    push rdx                    ; host VMCB
    push rcx                    ; uses
    push rdi                    ; register file
    mov rax, rsi
    clgi
    sti
    vmload
    mov rbx, [rdi]
    mov rcx, [rdi + 8]
    mov rdx, [rdi + 16]
    mov rsi, [rdi + 24]
    mov rbp, [rdi + 40]
    mov r8, [rdi + 48]
    mov r9, [rdi + 56]
    mov r10, [rdi + 64]
    mov r11, [rdi + 72]
    mov r12, [rdi + 80]
    mov r13, [rdi + 88]
    mov r14, [rdi + 96]
    mov r15, [rdi + 104]
    mov rdi, [rdi + 32]
    vmrun
    vmsave                  ; rax and rsp are the host's again
    mov rax, [rsp]
    mov [rax], rbx
    mov [rax + 8], rcx
    mov rcx, [rsp + 8]
    mov qword [rcx], 0          ; p2m_use_end
    mov [rax + 16], rdx
    mov [rax + 24], rsi
    mov [rax + 32], rdi
    mov [rax + 40], rbp
    mov [rax + 48], r8
    mov [rax + 56], r9
    mov [rax + 64], r10
    mov [rax + 72], r11
    mov [rax + 80], r12
    mov [rax + 88], r13
    mov [rax + 96], r14
    mov [rax + 104], r15
    pop rdi
    pop rcx
    pop rax
    vmload                  ; GS is the host's from here on
    stgi                        ; the interrupt window: what is pending is taken here
    cli
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

section .note.GNU-stack noalloc noexec nowrite progbits
