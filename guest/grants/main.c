/* SPDX-License-Identifier: MIT */
/* A guest that checks in TAP what it can do with pages that another domain grants it. */
#include "grants.h"
#include <errno.h>
#include <guest_cases.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

#define CONTROL_AT 0x80100UL /* guest frames where granted pages are mapped */
#define AT         0x80200UL

static struct control *const control = (struct control *)(CONTROL_AT << PAGE_SHIFT);
static uint64_t own[PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));

int64_t grant_op(unsigned int cmd, void *list, unsigned int nr)
{
    return xen_hypercall(__HYPERVISOR_grant_table_op, cmd, (uintptr_t)list, nr, 0, 0);
}

static void check(const char *what, int64_t seen, int64_t expected)
{
    expect_equal(what, seen, expected);
    case_end("grants", what);
}

static uint64_t *page_at(uint64_t gfn)
{
    return (uint64_t *)(gfn << PAGE_SHIFT);
}

/* A handle, or a status; an error number of the call less 1000. */
static int64_t map(grant_ref_t ref, uint64_t gfn, uint32_t flags)
{
    struct gnttab_map_grant_ref m = {
        .host_addr = gfn << PAGE_SHIFT, .flags = GNTMAP_host_map | flags, .ref = ref, .dom = OWNER};
    int64_t rc = grant_op(GNTTABOP_map_grant_ref, &m, 1);

    return rc ? rc - 1000 : m.status ? m.status : (int64_t)m.handle;
}

static int64_t unmap(int64_t handle, uint64_t gfn)
{
    struct gnttab_unmap_grant_ref u = {.host_addr = gfn << PAGE_SHIFT, .handle = (grant_handle_t)handle};
    int64_t rc = grant_op(GNTTABOP_unmap_grant_ref, &u, 1);

    return rc ? rc - 1000 : u.status;
}

static int64_t ask(uint64_t what, uint64_t ref)
{
    control->what = what;
    control->ref = ref;
    __atomic_store_n(&control->asked, control->asked + 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&control->answered, __ATOMIC_ACQUIRE) != control->asked)
        guest_yield();
    return (int64_t)control->answer;
}

static bool is_mapped(uint64_t gfn)
{
    return xc_domain_remove_from_physmap(NULL, DOMID_SELF, gfn) == 0 || errno != ENOENT;
}

static void check_mapping(void)
{
    int64_t h = map(REF_DATA, AT, 0), h2;

    check("a granted page is mapped", h >= 0, true);
    check("its first word is there", (int64_t)page_at(AT)[0], (int64_t)WORD(REF_DATA, 0));
    check("and its last", (int64_t)page_at(AT)[511], (int64_t)WORD(REF_DATA, 511));
    page_at(AT)[0] = 4711;
    check("the owner sees what is written", ask(ASK_WORD, REF_DATA), 4711);
    check("and that it is used", ask(ASK_FLAGS, REF_DATA), GTF_permit_access | GTF_reading | GTF_writing);
    h2 = map(REF_DATA, AT + 1, GNTMAP_readonly);
    check("it is mapped again", h2 >= 0, true);
    check("with the same contents", (int64_t)page_at(AT + 1)[0], 4711);
    check("only the unmap operations take it away",
          xc_domain_remove_from_physmap(NULL, DOMID_SELF, AT) ? errno : 0, EINVAL);
    check("a wrong address", unmap(h, AT + 1), GNTST_general_error);
    check("the first goes", unmap(h, AT), GNTST_okay);
    check("and leaves nothing", is_mapped(AT), false);
    check("the owner sees who is left", ask(ASK_FLAGS, REF_DATA), GTF_permit_access | GTF_reading);
    check("the second goes", unmap(h2, AT + 1), GNTST_okay);
    check("nobody is left", ask(ASK_FLAGS, REF_DATA), GTF_permit_access);
    check("a handle that is no more", unmap(h2, AT + 1), GNTST_bad_handle);
}

static void check_refusals(void)
{
    int64_t h;

    check("a page for reading is not mapped for writing", map(REF_READ_ONLY, AT, 0), GNTST_general_error);
    h = map(REF_READ_ONLY, AT, GNTMAP_readonly);
    check("but for reading", h >= 0, true);
    check("its contents", (int64_t)page_at(AT)[5], (int64_t)WORD(REF_READ_ONLY, 5));
    check("no page that was not granted", map(REF_EMPTY, AT + 1, 0), GNTST_general_error);
    check("no entry beyond the table", map(1U << 20, AT + 1, 0), GNTST_bad_gntref);
    check("not where something is", map(REF_DATA, (uintptr_t)own >> PAGE_SHIFT, 0), GNTST_bad_virt_addr);
    check("not twice in one place", map(REF_READ_ONLY, AT, GNTMAP_readonly), GNTST_bad_virt_addr);
    check("it goes", unmap(h, AT), GNTST_okay);
}

static int64_t copy(uint16_t flags, uint64_t from, uint64_t to, uint16_t offset)
{
    struct gnttab_copy c = {.flags = flags, .len = 16};
    int64_t rc;

    c.source.u.gmfn = from;
    c.source.domid = flags & GNTCOPY_source_gref ? OWNER : DOMID_SELF;
    c.source.offset = offset;
    c.dest.u.gmfn = to;
    c.dest.domid = flags & GNTCOPY_dest_gref ? OWNER : DOMID_SELF;
    rc = grant_op(GNTTABOP_copy, &c, 1);
    return rc ? rc - 1000 : c.status;
}

static void check_copies(void)
{
    const uint64_t mine = (uintptr_t)own >> PAGE_SHIFT;

    check("a copy of a granted page", copy(GNTCOPY_source_gref, REF_READ_ONLY, mine, 80), GNTST_okay);
    check("its first word", (int64_t)own[0], (int64_t)WORD(REF_READ_ONLY, 10));
    check("its last", (int64_t)own[1], (int64_t)WORD(REF_READ_ONLY, 11));
    check("no more than that", (int64_t)own[2], 0);
    check("a copy into one", copy(GNTCOPY_dest_gref, mine, REF_DATA, 0), GNTST_okay);
    check("the owner sees it", ask(ASK_WORD, REF_DATA), (int64_t)WORD(REF_READ_ONLY, 10));
    check("none into one for reading", copy(GNTCOPY_dest_gref, mine, REF_READ_ONLY, 0), GNTST_general_error);
    check("none beyond a page", copy(0, mine, mine, PAGE_SIZE - 8), GNTST_bad_copy_arg);
    check("nobody is left", ask(ASK_FLAGS, REF_DATA), GTF_permit_access);
}

/* Pages change hands through claims and populate_physmap alone. */
static void check_transfer(void)
{
    struct gnttab_transfer t = {
        .mfn = (uintptr_t)own >> PAGE_SHIFT, .domid = OWNER, .ref = REF_EMPTY, .status = 99};

    own[0] = 77;
    check("no page is transferred", grant_op(GNTTABOP_transfer, &t, 1), -ENOSYS);
    check("the structure is as it was", t.status, 99);
    check("and so is the page", (int64_t)own[0], 77);
}

/* The page stays as long as it is used, and is nobody else's meanwhile. */
static void check_given_up(void)
{
    int64_t h = map(REF_GIVEN_UP, AT, 0);

    check("a page is mapped", h >= 0, true);
    check("its owner gives it up", ask(ASK_GIVE_UP, REF_GIVEN_UP), 0);
    check("it is still there", (int64_t)page_at(AT)[7], (int64_t)WORD(REF_GIVEN_UP, 7));
    check("but nobody gets it anew", map(REF_GIVEN_UP, AT + 1, 0), GNTST_bad_page);
    check("it goes", unmap(h, AT), GNTST_okay);
}

static bool owner_exists(void)
{
    xc_domaininfo_t info;

    return xc_domain_getinfolist(NULL, OWNER, 1, &info) == 1 && info.domain == OWNER;
}

static void check_end_of_owner(int64_t control_handle)
{
    int64_t h = map(REF_DATA, AT, 0);

    check("a page is mapped", h >= 0, true);
    page_at(AT)[3] = 42;
    check("its owner ends", ask(ASK_END, 0), 0);
    check("and is destroyed", xc_domain_destroy(NULL, OWNER), 0);
    check("the page is still there", (int64_t)page_at(AT)[3], 42);
    check("no page is granted any more", map(REF_READ_ONLY, AT + 1, GNTMAP_readonly), GNTST_bad_gntref);
    check("one mapping goes", unmap(h, AT), GNTST_okay);
    check("for the other its owner stays", owner_exists(), true);
    check("that goes, too", unmap(control_handle, CONTROL_AT), GNTST_okay);
    check("and the owner with it", owner_exists(), false);
}

/* With the argument `write` it ends with a write to a page that was granted for reading. */
int main(int argc, char **argv)
{
    int64_t h;

    if (argc > 1 && !strcmp(argv[1], "owner"))
        return owner_main();
    while ((h = map(REF_CONTROL, CONTROL_AT, 0)) < 0)
        guest_yield(); /* the owner has not got so far */
    if (argc > 1 && !strcmp(argv[1], "write")) {
        if (map(REF_READ_ONLY, AT, GNTMAP_readonly) < 0)
            return 1;
        ask(ASK_END, 0);
        *(volatile uint64_t *)page_at(AT) = 1;
        return 1;
    }
    check_mapping();
    check_refusals();
    check_copies();
    check_transfer();
    check_given_up();
    check_end_of_owner(h);
    return cases_end();
}
