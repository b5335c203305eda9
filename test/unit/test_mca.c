/* SPDX-License-Identifier: MIT */
/* #MC and the poll, on banks that the test fills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The hypervisor's own code, on this test's registers. */
#define rdmsr real_rdmsr
#define wrmsr real_wrmsr
#define cpuid real_cpuid
#include "cpu/insn.h"
#undef rdmsr
#undef wrmsr
#undef cpuid
#include "arch.h"
#include "log.h"

#define NR_BANKS 4U

static uint64_t msr[0x500], now;
static unsigned int nr_reported;
static jmp_buf after_panic;

static uint64_t rdmsr(uint32_t n)
{
    return msr[n];
}

static void wrmsr(uint32_t n, uint64_t value)
{
    msr[n] = value;
}

static struct real_cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)leaf;
    (void)subleaf;
    return (struct real_cpuid){.edx = UINT32_MAX};
}

static uint64_t read_nothing(void)
{
    return 0;
}

static void write_nothing(uint64_t value)
{
    (void)value;
}

static void fake_timer_start(uint64_t ns)
{
    (void)ns;
}

static void count_report(const struct machine_check *mc)
{
    (void)mc;
    nr_reported++;
}

static uint64_t fake_now(void)
{
    return now;
}

#define read_cr4                read_nothing
#define write_cr4               write_nothing
#define lapic_timer_start       fake_timer_start
#define upcall_machine_check    count_report
#define arch_machine_check_poll poll_banks
#define arch_now                fake_now
#define panic(...)              longjmp(after_panic, 1)
void poll_banks(void);
#include "../../arch/x86_64/cpu/mca.c"

static int begin(void **state)
{
    (void)state;
    msr[MSR_MCG_CAP] = NR_BANKS;
    mca_cpu_init();
    nr_reported = 0;
    now += 10 * EXCEPTION_NS;
    return 0;
}

static void set_error(uint64_t status)
{
    msr[bank_msr(2, BANK_STATUS)] = MCI_STATUS_VAL | MCI_STATUS_ADDRV | status;
}

/* Does the machine survive #MC, in the hypervisor? */
static bool survives(uint64_t mcg_status)
{
    bool can_resume;

    msr[MSR_MCG_STATUS] = mcg_status;
    if (setjmp(after_panic))
        return false;
    return mca_exception(false, &can_resume) && can_resume && msr[MSR_MCG_STATUS] == 0;
}

static void test_the_exception_reports(void **state)
{
    (void)state;
    set_error(MCI_STATUS_UC);
    assert_true(survives(MCG_STATUS_RIPV));
    assert_int_equal(nr_reported, 1);
    assert_int_equal(msr[bank_msr(2, BANK_STATUS)], 0);
}

/* The poll has taken the error out of the bank just before its exception comes. */
static void test_the_poll_was_faster(void **state)
{
    (void)state;
    set_error(MCI_STATUS_UC);
    poll_banks();
    assert_int_equal(nr_reported, 1);
    now += 1000;
    assert_true(survives(MCG_STATUS_RIPV));
    assert_int_equal(nr_reported, 1);
    assert_false(survives(0)); /* but not when the code that it interrupted cannot go on */
}

/* What the poll took explains no exception that comes much later; a corrected error explains none at all. */
static void test_what_nothing_explains(void **state)
{
    (void)state;
    assert_false(survives(MCG_STATUS_RIPV));
    set_error(0);
    poll_banks();
    assert_int_equal(nr_reported, 1);
    assert_false(survives(MCG_STATUS_RIPV));
    set_error(MCI_STATUS_UC);
    poll_banks();
    now += EXCEPTION_NS;
    assert_false(survives(MCG_STATUS_RIPV));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_exception_reports, begin),
        cmocka_unit_test_setup(test_the_poll_was_faster, begin),
        cmocka_unit_test_setup(test_what_nothing_explains, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
