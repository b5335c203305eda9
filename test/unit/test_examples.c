/* SPDX-License-Identifier: MIT */
/* The examples of the design documents against the hypervisor as a host program, with four nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../guest/lib/xc_claims.c"
#include "../../guest/lib/xc_console.c"
#include "../../guest/lib/xc_core.c"
#include "../../guest/lib/xc_domain.c"
#include "../../guest/lib/xc_error.c"
#include "../../guest/lib/xc_foreign.c"
#include "../../guest/lib/xc_host.c"
#include "../../guest/lib/xc_hvm.c"
#include "../../guest/lib/xc_info.c"
#include "../../guest/lib/xc_maps.c"
#include "../../guest/lib/xc_memory.c"
#include "../../guest/lib/xc_nodes.c"
#include "../../guest/lib/xc_vcpu.c"
#include "../host/xen_call.c"

#include "heap.h"
#include "machine.h"

#undef ARRAY_SIZE
#include "../../guest/examples/design_v3.c"
#include "../../guest/examples/design_v3_ocaml.c"
#include "../../guest/examples/guide.c"
#include "../../guest/examples/legacy.c"
#include "../../guest/examples/node_v4.c"
#include "../../guest/examples/portable.c"

int run_examples(void);
#define main run_examples
#include "../../guest/examples/main.c"
#undef main

static void test_every_example(void **state UNUSED)
{
    static const unsigned long pages[] = {8192, 8192, 8192, 8192};
    struct heap_info info;

    machine_create_nodes(4, pages);
    host_boot(true);
    assert_int_equal(run_examples(), 0);
    assert_true(heap_check());
    host_shutdown();
    heap_info(&info);
    assert_int_equal(info.avail_pages, info.total_pages);
    machine_destroy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_example)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
