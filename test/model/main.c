/* SPDX-License-Identifier: MIT */
/* model [--seed N] [--runs N] [--steps N] [--out FILE]: random operations in the reference model and in the
 * hypervisor's code. model FILE...: the scenarios' results against the model. */
#include "builder.h"
#include "shrink.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "usage: model [--seed N] [--runs N] [--steps N] [--out FILE], or model FILE...\n"

struct options {
    uint64_t seed, runs, steps;
    const char *out;
};

static struct model m;

/* ---- Random runs ---- */

static uint64_t nr_lines, nr_done;

/* What was played so far, for the case that the hypervisor panics or a sanitizer ends the program. */
static char story[MAX_SEQUENCE * LINE_SIZE];
static const char *story_file;

static void tell(const char *line)
{
    size_t len = strlen(story);

    snprintf(story + len, sizeof(story) - len, "%s\n", line);
}

/* So that sanitizers, too, end with SIGABRT. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return "abort_on_error=1";
}

const char *__ubsan_default_options(void)
{
    return "abort_on_error=1";
}

static void save_story(int signal_number)
{
    FILE *f = fopen(story_file, "w");

    (void)signal_number;
    if (!f)
        return;
    fprintf(f, "%s", story);
    fclose(f);
    fprintf(stderr, "model: the last line of %s was too much\n", story_file);
}

/* One random test; how far it came is in V. */
static void random_run(struct sequence *s, uint64_t steps, struct verdict *v)
{
    static char text[MAX_SEQUENCE * LINE_SIZE];
    struct played_line p = {0};
    const unsigned int begin = generate_begin(s->line);
    size_t len = 0;

    memset(v, 0, sizeof(*v));
    *story = 0;
    for (unsigned int i = 0; i < begin; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", s->line[i]);
    play_begin(&m, &(struct scenario){.name = "random", .text = text, .size = len}, NODE_PAGES);
    for (s->nr = 0; !v->differs && s->nr < begin + steps && s->nr < MAX_SEQUENCE; s->nr++) {
        if (s->nr >= begin)
            generate_line(&m, s->line[s->nr]);
        size_t told = strlen(story);
        tell(s->line[s->nr]);
        play_line(&m, s->line[s->nr], &p);
        story[told] = 0;
        if (p.played == SAME)
            tell(p.stated.s);
        nr_lines++;
        nr_done += p.played != MEANINGLESS;
        *v = (struct verdict){p.played == DIFFERS, p.visible, s->nr, p.why};
    }
    play_end();
}

static void report(struct sequence *s, struct verdict *v, const struct options *o, uint64_t seed)
{
    char origin[80];
    FILE *f;

    printf("line %u: %s\n    %s\n", v->at + 1, s->line[v->at], v->why.s);
    unsigned int nr = shrink(s, &m, v);
    snprintf(origin, sizeof(origin), "SEED=%lu STEPS=%lu RUNS=1", seed, o->steps);
    f = fopen(o->out, "w");
    if (!f) {
        perror(o->out);
        exit(2);
    }
    write_scenario(f, s, &m, origin);
    fclose(f);
    printf("%u lines are left after %u attempts: make scenario-host SCN=%s\n", s->nr, nr, o->out);
}

static int play_random(const struct options *o)
{
    static struct sequence s;
    struct verdict v = {0};

    printf("model: SEED=%lu STEPS=%lu RUNS=%lu\n", o->seed, o->steps, o->runs);
    story_file = o->out;
    signal(SIGABRT, save_story);
    for (uint64_t seed = o->seed; seed < o->seed + o->runs; seed++) {
        generate_seed(seed);
        random_run(&s, o->steps, &v);
        if (v.differs) {
            printf("SEED=%lu: model and implementation differ\n", seed);
            report(&s, &v, o, seed);
            return 1;
        }
    }
    printf("model: %lu operations, %lu lines without meaning, no difference\n", nr_done, nr_lines - nr_done);
    return 0;
}

/* ---- Files ---- */

static char *read_file(const char *name, size_t *size)
{
    FILE *f = fopen(name, "rb");
    static char text[1U << 20];

    if (!f) {
        perror(name);
        exit(2);
    }
    *size = fread(text, 1, sizeof(text), f);
    fclose(f);
    return text;
}

/* Before a `host` line the model does not know what is free. */
static bool is_known(const char *line)
{
    static const char *const early[] = {"domain ", "max ", "affinity ", "host "};

    for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++)
        if (!strncmp(line, early[i], strlen(early[i])))
            return true;
    return m.fixed;
}

struct file_run {
    unsigned int lines;
    bool over, failed;
};

static void play_file_line(struct file_run *run, const char *line, const struct line *l, const char *name)
{
    struct played_line p;

    if (!strncmp(line, "test ", 5)) {
        machine_clean(false);
        model_reset(&m, m.online);
        run->over = false;
        return;
    }
    if (run->over || !*line)
        return;
    p.played = MEANINGLESS;
    if (is_known(line))
        play_line(&m, line, &p);
    run->over = p.played != SAME || !p.as_stated;
    run->failed |= p.played != MEANINGLESS && run->over;
    run->lines += p.played != MEANINGLESS;
    if (run->over)
        printf("%s:%u: %s: %s\n", name, l->number, line,
               p.played == DIFFERS ? p.why.s
               : p.played == SAME  ? p.stated.s
                                   : "the model does not say; the rest of the test is skipped");
}

static bool play_file(const char *name)
{
    struct scenario s = {.name = name};
    struct file_run run = {0};
    struct line l = {0};

    s.text = read_file(name, &s.size);
    play_begin(&m, &s, 0);
    while (next_line(&s, &l)) {
        char line[MAX_LINE + 1];
        const char *begin = l.s;
        size_t len = bare_line(&begin, l.len);

        snprintf(line, sizeof(line), "%.*s", (int)len, begin);
        play_file_line(&run, line, &l, name);
    }
    play_end();
    printf("model: %s: %u lines%s\n", name, run.lines, run.failed ? ", with differences" : "");
    return !run.failed;
}

static bool parse_options(int argc, char **argv, struct options *o)
{
    for (; argc > 1; argv += 2, argc -= 2) {
        uint64_t *n = !strcmp(argv[0], "--seed")    ? &o->seed
                      : !strcmp(argv[0], "--runs")  ? &o->runs
                      : !strcmp(argv[0], "--steps") ? &o->steps
                                                    : NULL;

        if (!strcmp(argv[0], "--out"))
            o->out = argv[1];
        else if (!n || !parse_number(argv[1], UINT32_MAX, n))
            return false;
    }
    return argc == 0 && o->steps <= MAX_SEQUENCE - 10;
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1, .runs = 100, .steps = 100, .out = "build/model/failure.scn"};
    bool good = true;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || !strncmp(argv[1], "--", 2)) {
        if (parse_options(argc - 1, argv + 1, &o))
            return play_random(&o);
        fputs(USAGE, stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        good &= play_file(argv[i]);
    return good ? 0 : 1;
}
