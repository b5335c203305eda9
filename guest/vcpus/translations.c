/* SPDX-License-Identifier: MIT */
/* One vCPU writes to a page in a loop that never leaves the guest, while another has the page taken away:
 * from then on it writes to what has come in its place, and never to what is somebody else's by now. */
#include "vcpus.h"
#include <stdlib.h>
#include <string.h>
#include <xen/memory.h>
#include <xen/xen.h>

#define ROUNDS 40U
#define LOOKS  20000U

static uint64_t written[PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));
static uint64_t other[PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));
static bool stop;

static void write_for_ever(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        (*(volatile uint64_t *)written)++;
}

static xen_pfn_t frame_of(const void *p)
{
    return (uintptr_t)p >> PAGE_SHIFT;
}

static int64_t reservation(unsigned int op, const void *page)
{
    xen_pfn_t frame = frame_of(page);
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, &frame);
    return xen_hypercall(__HYPERVISOR_memory_op, op, (uintptr_t)&r, 0, 0, 0);
}

int64_t exchange_page(const void *page)
{
    xen_pfn_t in = frame_of(page), out = in;
    struct xen_memory_exchange x = {.in = {.nr_extents = 1, .domid = DOMID_SELF},
                                    .out = {.nr_extents = 1, .domid = DOMID_SELF}};

    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, &out);
    return xen_hypercall(__HYPERVISOR_memory_op, XENMEM_exchange, (uintptr_t)&x, 0, 0, 0);
}

static void wait_for_a_write(void)
{
    uint64_t before = *(volatile uint64_t *)written;

    for (unsigned int n = 1; *(volatile uint64_t *)written == before; n++)
        smp_wait(n);
}

static void start_writer(void)
{
    __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
    expect_equal("the writer starts", smp_start(1, write_for_ever, NULL), 0);
    wait_for_a_write();
}

/* The page that went is most likely the one that comes next: a page of zeroes, and nobody writes to it. */
static void round(void)
{
    uint64_t seen = 0;

    expect_equal("exchange", exchange_page(written), 0);
    expect_equal("populate", reservation(XENMEM_populate_physmap, other), 1);
    for (unsigned int i = 0; i < LOOKS; i++)
        seen |= ((volatile uint64_t *)other)[0];
    expect_equal("what is in a page that nobody writes to", (int64_t)seen, 0);
    expect_equal("decrease", reservation(XENMEM_decrease_reservation, other), 1);
    wait_for_a_write();
}

static void check_exchange(void)
{
    start_writer();
    expect_equal("decrease", reservation(XENMEM_decrease_reservation, other), 1);
    for (unsigned int i = 0; i < ROUNDS; i++)
        round();
    expect_equal("populate", reservation(XENMEM_populate_physmap, other), 1);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
}

void lose_written_page(void)
{
    start_writer();
    reservation(XENMEM_decrease_reservation, written);
    for (;;)
        smp_pause();
}

const struct guest_case translations[] = {
    {"a page is exchanged while another vCPU writes to it", check_exchange},
    {0},
};
