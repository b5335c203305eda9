/* SPDX-License-Identifier: MIT */
/* The nodes of xenstore that are a domain's to write, beside a model of them. */
#include "mm_test.h"

#include "xenstore.h"
#include <stdio.h>
#include <stdlib.h>

#define NODES    5U /* that take all values */
#define STEPS    20000U
#define TX_TRIED 3U

static const char *const names[NODES] = {"control/feature-poweroff", "control/feature-reboot",
                                         "control/feature-s3", "control/feature-s4",
                                         "control/feature-suspend"};
static const char *const values[] = {"", "0", "1"};

static struct domain d = {.domid = 5, .max_vcpus = 1};
static struct xenstore s;

/* The answer as a string; the request is PATH, a 0, and TEXT. */
static const char *ask(uint32_t type, uint32_t tx, const char *path, const char *text, size_t len)
{
    s.head = (struct xsd_sockmsg){
        .type = type, .tx_id = tx, .len = (uint32_t)(snprintf(s.payload, STORE_REQUEST, "%s", path) + 1)};
    memcpy(s.payload + s.head.len, text, len);
    s.head.len += (uint32_t)len;
    xenstore_answer(&d, &s);
    memcpy(&s.head, s.reply, STORE_HEAD);
    s.reply[STORE_HEAD + s.head.len] = 0;
    return s.reply + STORE_HEAD;
}

static const char *write_node(uint32_t tx, const char *path, const char *value)
{
    return ask(XS_WRITE, tx, path, value, strlen(value));
}

static const char *read_node(uint32_t tx, const char *path)
{
    return ask(XS_READ, tx, path, "", 0);
}

static int setup_store(void **state UNUSED)
{
    memset(&s, 0, sizeof(s));
    return 0;
}

/* Each has a value of its own. */
static void test_each_node(void **state UNUSED)
{
    for (unsigned int i = 0; i < NODES; i++)
        assert_string_equal(write_node(0, names[i], values[i % 3]), "OK");
    for (unsigned int i = 0; i < NODES; i++)
        assert_string_equal(read_node(0, names[i]), values[i % 3]);
}

static void test_refused(void **state UNUSED)
{
    static const struct {
        const char *path, *value, *answer;
    } cases[] = {
        {"control/shutdown", "", "OK"},         {"control/shutdown", "0", "EINVAL"},
        {"control/sysrq", "1", "EINVAL"},       {"control/feature-s3", "2", "EINVAL"},
        {"control/feature-s3", "11", "EINVAL"}, {"control/feature", "1", "EACCES"},
        {"control/feature-s33", "1", "EACCES"}, {"/local/domain/6/control/feature-s3", "1", "EACCES"},
        {"memory/target", "1", "EACCES"},       {"", "1", "EINVAL"},
        {"control//feature-s3", "1", "EINVAL"},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(write_node(0, cases[i].path, cases[i].value), cases[i].answer);
    assert_string_equal(ask(XS_WRITE, 0, "control/feature-s3", "1", 2), "EINVAL"); /* its 0 belongs to it */
    assert_string_equal(read_node(0, "control/feature-s3"), "");
}

/* ---- transactions: the model keeps a whole copy for each ---- */

static struct view {
    bool open, outdated, wrote;
    unsigned int value[NODES];
} model[1 + TX_TRIED];

static void become(const struct view *v)
{
    for (unsigned int tx = 1; v->wrote && tx <= TX_TRIED; tx++)
        model[tx].outdated = true;
    memcpy(model[0].value, v->value, sizeof(v->value));
}

static void start(void)
{
    for (unsigned int tx = 1; tx <= TX_TRIED; tx++)
        if (!model[tx].open) {
            model[tx] = (struct view){.open = true};
            memcpy(model[tx].value, model[0].value, sizeof(model[0].value));
            assert_int_equal(atoi(ask(XS_TRANSACTION_START, 0, "", "", 0)), tx);
            return;
        }
}

static void end(unsigned int tx, bool commit)
{
    struct view *v = &model[tx];
    const char *answer = !v->open ? "ENOENT" : commit && v->outdated ? "EAGAIN" : "OK";

    assert_string_equal(ask(XS_TRANSACTION_END, tx, commit ? "T" : "F", "", 0), answer);
    if (v->open && commit && !v->outdated)
        become(v);
    v->open = false;
}

static void put(unsigned int tx, unsigned int node, unsigned int value)
{
    struct view *v = &model[tx];

    assert_string_equal(write_node(tx, names[node], values[value]), tx && !v->open ? "ENOENT" : "OK");
    if (tx && !v->open)
        return;
    v->value[node] = value;
    v->wrote = true;
    if (!tx)
        become(v);
}

static void test_transactions(void **state UNUSED)
{
    srand(1);
    memset(model, 0, sizeof(model));
    for (unsigned int step = 0; step < STEPS; step++) {
        unsigned int tx = (unsigned int)rand() % (1 + TX_TRIED), node = (unsigned int)rand() % NODES;
        int what = rand() % 8;

        if (what == 0)
            start();
        else if (what == 1 && tx)
            end(tx, rand() % 4);
        else if (what < 4)
            put(tx, node, (unsigned int)rand() % 3);
        else
            assert_string_equal(read_node(tx, names[node]),
                                tx && !model[tx].open ? "ENOENT" : values[model[tx].value[node]]);
    }
}

/* ---- watches ---- */

/* Who lies above a node is told once for each, however often it was written; who was removed is not. */
static void test_watches(void **state UNUSED)
{
    ask(XS_WATCH, 0, "control", "one", 4);
    ask(XS_WATCH, 0, "name", "two", 4);
    ask(XS_WATCH, 0, "control/feature-s4", "three", 6);
    write_node(0, "control/feature-s4", "1");
    write_node(0, "control/feature-s4", "0");
    assert_true(xenstore_event(&d, &s));
    assert_string_equal(s.reply + STORE_HEAD, "control/feature-s4");
    assert_string_equal(s.reply + STORE_HEAD + sizeof("control/feature-s4"), "one");
    ask(XS_UNWATCH, 0, "control/feature-s4", "three", 6);
    assert_false(xenstore_event(&d, &s));
    assert_string_equal(ask(XS_WATCH, 0, "control/feature-s4", "four", 5), "OK");
    assert_false(xenstore_event(&d, &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_node, setup_store),
        cmocka_unit_test_setup(test_refused, setup_store),
        cmocka_unit_test_setup(test_transactions, setup_store),
        cmocka_unit_test_setup(test_watches, setup_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
