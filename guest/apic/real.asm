; SPDX-License-Identifier: MIT
; What a vCPU runs after SIPI: real mode at the begin of its page. It leaves what it finds at 0x800 there.
bits 16

global real_begin
global real_end

section .data
real_begin:
        mov     [cs:0x810], edx
        mov     [cs:0x814], cs
        mov     [cs:0x816], ss
        mov     eax, cr0
        mov     [cs:0x818], eax
        pushf                           ; ss:sp is 0:0, so it is at 0000:fffe
        pop     ax
        mov     [cs:0x81c], ax
        mov     eax, dr0
        mov     ebx, dr1
        or      eax, ebx
        mov     ebx, dr2
        or      eax, ebx
        mov     ebx, dr3
        or      eax, ebx
        mov     [cs:0x820], eax
        mov     eax, 0x1234
        mov     dr0, eax
        mov     dr1, eax
        mov     dr2, eax
        mov     dr3, eax
        lock inc dword [cs:0x800]
.wait:  pause
        cmp     dword [cs:0x808], 0
        je      .wait
        cli
        hlt
real_end:
section .note.GNU-stack noalloc noexec
