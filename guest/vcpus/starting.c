/* SPDX-License-Identifier: MIT */
/* VCPUOP_initialise, up, down, is_up: vCPUs start, stop and start again (xen/vcpu.h, xen/hvm/hvm_vcpu.h). */
#include "vcpus.h"
#include <errno.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/vcpu.h>

#define TIMES 20

static uint64_t ran[SMP_MAX_VCPUS], apic_ids[4];

static uint64_t stack_pointer(void)
{
    return (uint64_t)__builtin_frame_address(0);
}

static void note(void *arg)
{
    expect_equal("argument", (int64_t)arg, 0x1234567);
    ran[smp_id()] = stack_pointer();
    expect_equal("is up", vcpu_op(VCPUOP_is_up, smp_id(), NULL), 1);
}

/* First of all: no other vCPU has run. */
static void before_start(void)
{
    struct vcpu_hvm_context context = {.mode = VCPU_HVM_MODE_64B + 1};

    for (unsigned int i = 1; i < nr_vcpus; i++) {
        expect_equal("is up", vcpu_op(VCPUOP_is_up, i, NULL), 0);
        expect_equal("up without a state", vcpu_op(VCPUOP_up, i, NULL), -EINVAL);
        expect_equal("a mode that is none", vcpu_op(VCPUOP_initialise, i, &context), -EINVAL);
        expect_equal("down while down", vcpu_op(VCPUOP_down, i, NULL), 0);
    }
    expect_equal("state that is nowhere", vcpu_op(VCPUOP_initialise, 1, (void *)0x8000000000UL), -EFAULT);
    expect_equal("state of vCPU 0", vcpu_op(VCPUOP_initialise, 0, &context), -EEXIST);
    expect_equal("vCPU 0 is up", vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    expect_equal("up while up", vcpu_op(VCPUOP_up, 0, NULL), 0);
}

static void check_ids(void *arg)
{
    uint32_t eax = 0x40000004, ebx, ecx = 0, edx;

    (void)arg;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    expect_equal("leaf 0x40000004 has the vCPU's id", eax >> 3 & 1, 1);
    expect_equal("leaf 0x40000004, EBX", ebx, smp_id());
    eax = 1;
    ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    __atomic_or_fetch(&apic_ids[ebx >> 30], 1UL << (ebx >> 24 & 63), __ATOMIC_RELAXED);
}

/* Xen's number in the hypervisor's leaf; in leaf 1 a local APIC's id that no other vCPU has. */
static void ids(void)
{
    int found = 0;

    for (unsigned int i = 0; i < 4; i++)
        apic_ids[i] = 0;
    run_everywhere(check_ids, NULL);
    for (unsigned int i = 0; i < 4; i++)
        for (uint64_t left = apic_ids[i]; left; left &= left - 1)
            found++;
    expect_equal("different APIC ids", found, nr_vcpus);
}

static void no_such_vcpu(void)
{
    static const unsigned int ids[] = {1000, 0x80000000U, UINT32_MAX};

    for (unsigned int i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        expect_equal("is_up", vcpu_op(VCPUOP_is_up, ids[i], NULL), -ENOENT);
        expect_equal("up", vcpu_op(VCPUOP_up, ids[i], NULL), -ENOENT);
        expect_equal("down", vcpu_op(VCPUOP_down, ids[i], NULL), -ENOENT);
    }
    expect_equal("an operation that is none", vcpu_op(1000, 0, NULL), -ENOSYS);
}

static void all_start(void)
{
    run_everywhere(note, (void *)0x1234567);
    for (unsigned int i = 0; i < nr_vcpus; i++) {
        expect_equal("it has run", ran[i] != 0, 1);
        for (unsigned int k = 0; k < i; k++)
            expect_equal("two on one stack", ran[i] >> 12 == ran[k] >> 12, 0);
    }
}

static void start_again(void)
{
    for (unsigned int n = 0; n < TIMES; n++) {
        ran[1] = 0;
        expect_equal("smp_start", smp_start(1, note, (void *)0x1234567), 0);
        smp_join(1);
        expect_equal("it has run", ran[1] != 0, 1);
        expect_equal("is up", vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    }
}

static void has_its_state(void)
{
    struct vcpu_hvm_context context = {.mode = VCPU_HVM_MODE_64B};

    for (unsigned int i = 0; i < nr_vcpus; i++)
        expect_equal("initialise", vcpu_op(VCPUOP_initialise, i, &context), -EEXIST);
}

static void wait_for(void *arg)
{
    while (!__atomic_load_n((bool *)arg, __ATOMIC_ACQUIRE))
        smp_wait(0);
}

static void busy(void)
{
    bool go = false;

    expect_equal("smp_start", smp_start(1, wait_for, &go), 0);
    expect_equal("again while it runs", smp_start(1, wait_for, &go), -1);
    expect_equal("errno", errno, EBUSY);
    __atomic_store_n(&go, true, __ATOMIC_RELEASE);
    smp_join(1);
    expect_equal("oneself", smp_start(0, wait_for, &go), -1);
    expect_equal("errno", errno, EINVAL);
    expect_equal("one too many", smp_start(nr_vcpus, wait_for, &go), -1);
    expect_equal("errno", errno, ENOENT);
}

const struct guest_case starting[] = {
    {"none but the first is up, and none goes up without a state", before_start},
    {"ids that no vCPU has are refused", no_such_vcpu},
    {"all start, each on its stack, with its argument", all_start},
    {"each has its ids", ids},
    {"a vCPU that went down starts again", start_again},
    {"a state is given once", has_its_state},
    {"a vCPU is started for one thing at a time", busy},
    {0},
};
