/* SPDX-License-Identifier: MIT */
/* Guest memory of host programs: the process's own, so that a guest pointer is a plain address. */
#include "arch.h"

#include "error.h"
#include <sys/uio.h>
#include <unistd.h>

/* The kernel reads and writes for us: what is not there gives an error instead of a signal. */
static int copy(void *own, uint64_t va, size_t n, bool write)
{
    struct iovec local = {own, n}, guest = {(void *)va, n};
    ssize_t done = write ? process_vm_writev(getpid(), &local, 1, &guest, 1, 0)
                         : process_vm_readv(getpid(), &local, 1, &guest, 1, 0);

    return done == (ssize_t)n ? 0 : -EFAULT;
}

int arch_copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
    return n ? copy(dst, src.va, n, false) : 0;
}

int arch_copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
    return n ? copy((void *)(uintptr_t)src, dst.va, n, true) : 0;
}
