/* SPDX-License-Identifier: MIT */
/* Copies to and from the guest whose hypercall this CPU handles. */
#include "error.h"
#include "hvm/svm.h"
#include "vcpu_view.h"

int arch_copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
    struct guest_view g = vcpu_view(svm_current());

    return guest_copy(&g, src.va, dst, n, FROM_GUEST);
}

int arch_copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
    struct guest_view g = vcpu_view(svm_current());

    return guest_copy(&g, dst.va, (void *)(uintptr_t)src, n, TO_GUEST);
}
