/* SPDX-License-Identifier: MIT */
/* The builder as a guest: play what the command line names, or stay at the prompt. */
#include "cmd.h"
#include "platform.h"
#include "scenario.h"
#include "shell.h"
#include <guest.h>
#include <string.h>

#define MESSAGES 16384U /* bytes: all that the hypervisor keeps */

void platform_write(const char *s, size_t n)
{
    console_write(s, n);
}

int platform_getc(void)
{
    int c = console_poll();

    return c >= 0 ? c : c == -1 ? PLATFORM_NOTHING : PLATFORM_END;
}

bool platform_others_printed(void)
{
    static char messages[MESSAGES];
    static uint32_t index;
    unsigned int n = sizeof(messages);

    return !xc_readconsolering(xch, messages, &n, false, true, &index) && n;
}

const char *platform_load(const char *name, size_t *size)
{
    const struct guest_module *m = guest_module(name);

    if (m)
        *size = m->size;
    return m ? m->data : NULL;
}

const char *platform_file_name(unsigned int i)
{
    const struct guest_module *m = guest_module_at(i);

    return m ? m->name : NULL;
}

int platform_build(const struct guest_build_config *config, uint32_t *domid, char *error, size_t size)
{
    return guest_build(xch, config, domid, error, size);
}

bool platform_run_others(void)
{
    guest_block();
    return true;
}

static bool load(struct scenario *s, const char *name)
{
    s->name = name;
    s->text = platform_load(name, &s->size);
    if (!s->text)
        out("Bail out! no module is called \"%s\"\n", name);
    return s->text;
}

/* The story needs two nodes; where there is only one it is another story. */
static const char *demo_file(void)
{
    struct counters c;

    return !read_counters(&c) && c.node[0].total && c.node[1].total ? "demo.scn" : "demo1.scn";
}

/* `run FILE`, `demo`, `demo shell`, `type FILE`: the prompt, where the file's lines are typed first; or
 * nothing: the prompt. */
int main(int argc, char **argv)
{
    bool demo = argc > 1 && !strcmp(argv[1], "demo"), run = argc == 3 && !strcmp(argv[1], "run");
    bool type = argc == 3 && !strcmp(argv[1], "type");
    struct scenario s = {0};
    bool good = builder_open();

    if (!good)
        out("Bail out! no way to the hypervisor\n");
    else if (run)
        good = load(&s, argv[2]) && play_tap(&s);
    else if (type)
        good = load(&s, argv[2]);
    else if (demo)
        good = load(&s, demo_file()) && play_demo(&s);
    if (good && !run && (!demo || (argc > 2 && !strcmp(argv[2], "shell"))))
        run_shell(type ? s.text : NULL, type ? s.size : 0);
    return good ? 0 : 1;
}
