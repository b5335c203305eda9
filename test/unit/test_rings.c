/* SPDX-License-Identifier: MIT */
/* The console: whose input it is, and its ring, when others come in between. */
#include "event_test.h"

#include "event_port.h"
#include "ring.h"
#include <xen/io/console.h>

static int hooked_open_ring(struct domain *d, enum ring_kind which);
static size_t hooked_input(struct domain *d, const char *text, size_t n);
static struct domain *hooked_get_next(domid_t domid);
static void hooked_printk(enum log_level level, const char *fmt, ...) PRINTF(2, 3);
#define event_open_ring    hooked_open_ring
#define ring_console_input hooked_input
#define domain_get_next    hooked_get_next
#define printk             hooked_printk
#include "../../kernel/console_input.c"
#include "../../kernel/ring.c"
#undef event_open_ring
#undef ring_console_input
#undef domain_get_next
#undef printk

#define TO_NEXT "\1\1\1"

static struct vcpu *control, *a, *b;
static void (*meanwhile)(void);
static unsigned int nr_told; /* messages that the hypervisor has the input */
static uint64_t skipped;     /* ns that the clock was put forward */

uint64_t arch_now(void)
{
    static uint64_t now;

    return __atomic_add_fetch(&now, 1000, __ATOMIC_RELAXED) + skipped;
}

static int hooked_open_ring(struct domain *d, enum ring_kind which)
{
    int port = event_open_ring(d, which);

    event_send(d, (uint32_t)port); /* the guest has guessed it */
    return port;
}

static void others_come(void)
{
    void (*who)(void) = meanwhile;

    meanwhile = NULL;
    if (who)
        who();
}

static size_t hooked_input(struct domain *d, const char *text, size_t n)
{
    n = ring_console_input(d, text, n);
    others_come();
    return n;
}

static struct domain *hooked_get_next(domid_t domid)
{
    others_come();
    return domain_get_next(domid);
}

static void hooked_printk(enum log_level level UNUSED, const char *fmt, ...)
{
    nr_told += strstr(fmt, "input to the hypervisor") != NULL;
}

static void open_console(struct vcpu *v)
{
    struct domain *d = v->domain;

    spin_lock(&d->domctl_lock);
    assert_int_equal(ring_open(d, RING_CONSOLE, 0x100), 0);
    spin_unlock(&d->domctl_lock);
}

static void speak(struct vcpu *v)
{
    assert_int_equal(event_send(v->domain, v->domain->ring[RING_CONSOLE].port), 0);
}

static int setup_guests(void **state)
{
    setup(state);
    host_console_quiet(true);
    control = caller;
    a = new_guest(1, UINT32_MAX);
    b = new_guest(1, UINT32_MAX);
    open_console(a);
    open_console(b);
    return 0;
}

static int teardown_guests(void **state)
{
    const int rc = teardown(state);

    assert_false(ring_console_any());
    assert_int_equal(holder, DOMID_XEN);
    return rc;
}

static void type(const char *text)
{
    host_console_input(text);
    console_input_look();
}

static struct xencons_interface *ring_of(const struct vcpu *v)
{
    return (struct xencons_interface *)v->domain->ring[RING_CONSOLE].page;
}

/* What its ring has got since the last time. */
static const char *got(struct vcpu *v)
{
    static char text[sizeof(ring_of(v)->in) + 1];
    struct xencons_interface *x = ring_of(v);
    size_t n = 0;

    while (x->in_cons != x->in_prod)
        text[n++] = x->in[x->in_cons++ % sizeof(x->in)];
    text[n] = 0;
    return text;
}

static void test_event_before_the_ring(void **state UNUSED)
{
    assert_false(ring_console_in_use(a->domain));
    assert_false(ring_console_any());
    speak(a);
    speak(a);
    assert_true(ring_console_in_use(a->domain));
    assert_int_equal(consoles, 1);
    as(control);
    assert_int_equal(destroy(a->domain->domid), 0);
    assert_false(ring_console_any());
}

/* The guest sees a peer at its port as elsewhere, though there is no domain and no other port. */
static void test_status_of_its_port(void **state UNUSED)
{
    struct evtchn_status s;

    as(a);
    s = status_of(DOMID_SELF, a->domain->ring[RING_CONSOLE].port);
    assert_int_equal(s.status, EVTCHNSTAT_interdomain);
    assert_int_equal(s.u.interdomain.dom, DOMID_XEN);
    assert_int_equal(s.u.interdomain.port, 0);
    as(control);
}

/* It is d0's; who has spoken gets it in turn, and loses it with its end. */
static void test_switch(void **state UNUSED)
{
    speak(a);
    type("for d0" TO_NEXT);
    assert_true(console_is_with(a->domain));
    type("for a");
    assert_string_equal(got(a), "for a");
    speak(b);
    type("gone" TO_NEXT "for b");
    assert_string_equal(got(a), "");
    assert_string_equal(got(b), "for b");
    domain_shutdown(b->domain, SHUTDOWN_poweroff);
    assert_true(console_is_with(control->domain));
    type(TO_NEXT);
    assert_true(console_is_with(a->domain));
    nr_told = 0;
    type(TO_NEXT);
    assert_int_equal(holder, DOMID_XEN);
    assert_int_equal(nr_told, 1);
    type(TO_NEXT);
    assert_true(console_is_with(control->domain));
    assert_int_equal(nr_told, 1);
}

static void b_speaks(void)
{
    console_input_for(b->domain->domid);
    speak(b);
}

/* Who was to have it speaks while the next one is looked for: that is the end of the switch. */
static void test_switch_is_over(void **state UNUSED)
{
    nr_told = 0;
    meanwhile = b_speaks;
    type(TO_NEXT "for b");
    assert_true(console_is_with(b->domain));
    assert_int_equal(nr_told, 0);
    assert_string_equal(got(b), "for b");
}

static void to_next(void)
{
    host_console_input(TO_NEXT "for b");
    take_all();
}

static void a_ends(void)
{
    console_leave(a->domain);
    console_set_home(b->domain);
    host_console_input("for b");
    take_all();
}

/* What was typed for the next one is his, whatever became of the one before in the middle of a read. */
static void test_switch_while_read(void **state UNUSED)
{
    static void (*const ways[])(void) = {to_next, a_ends};

    speak(a);
    speak(b);
    for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
        console_set_home(a->domain);
        meanwhile = ways[i];
        type("for a");
        assert_string_equal(got(a), "for a");
        console_input_look();
        assert_string_equal(got(a), "");
        assert_string_equal(got(b), "for b");
    }
}

/* A domain that does not read cannot keep the console. */
static void test_full_ring(void **state UNUSED)
{
    static char text[3 * BUFFER];

    memset(text, 'x', sizeof(text) - 1);
    memcpy(text + sizeof(text) - sizeof(TO_NEXT), TO_NEXT, sizeof(TO_NEXT));
    speak(a);
    console_set_home(a->domain);
    host_console_input(text);
    for (unsigned int i = 0; i < 100 && console_is_with(a->domain); i++) {
        skipped += PATIENCE_NS / 10;
        console_input_look();
    }
    assert_false(console_is_with(a->domain));
}

#define TEST_G(f) cmocka_unit_test_setup_teardown(f, setup_guests, teardown_guests)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_G(test_event_before_the_ring), TEST_G(test_status_of_its_port), TEST_G(test_switch),
        TEST_G(test_switch_is_over),        TEST_G(test_switch_while_read),  TEST_G(test_full_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
