/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

/* Every link on the way to resolv.conf must lie in /etc or /run: the sandbox of slirp4netns 1.2
 * holds only these, and look-ups fail in it otherwise (its issues 116 and 315). */
static bool resolver_is_near(void)
{
    char path[ISOLATION_PATH] = "/etc/resolv.conf", real[PATH_MAX];

    for (unsigned k = 0; k < 16; k++) {
        char to[ISOLATION_PATH];
        ssize_t n = readlink(path, to, sizeof(to) - 1);

        if (n == -1)
            break;
        to[n] = '\0';
        if (to[0] != '/') {
            char joined[2 * ISOLATION_PATH];
            char *slash = strrchr(path, '/');

            if (slash == NULL)
                return false;
            slash[1] = '\0';
            (void)snprintf(joined, sizeof(joined), "%s%s", path, to);
            if (strlen(joined) >= sizeof(to))
                return false;
            memcpy(to, joined, strlen(joined) + 1);
        }
        memcpy(path, to, sizeof(path));
        if (strncmp(path, "/etc/", 5) != 0 && strncmp(path, "/run/", 5) != 0)
            return false;
    }
    /* Directories on the way may be links too (NixOS: /etc/static). */
    return realpath("/etc/resolv.conf", real) != NULL &&
           (strncmp(real, "/etc/", 5) == 0 || strncmp(real, "/run/", 5) == 0);
}

static void write_resolver(struct keeper_plan *keeper, const struct isolation_resolver *machine,
        const struct joiner_plan *joiner, struct isolation *i)
{
    int n;

    if (joiner->kind == ISOLATION_PASTA) {
        (void)snprintf(i->facts.resolver, ISOLATION_TEXT, "169.254.1.1");
        n = snprintf(keeper->resolv, sizeof(keeper->resolv), "nameserver %s\n%s",
                i->facts.resolver, machine->kept);
    } else if (machine->six && !machine->four) {
        /* slirp4netns hands look-ups on to a server of the same family only. */
        (void)snprintf(i->facts.resolver, ISOLATION_TEXT, "fd00::3");
        n = snprintf(keeper->resolv, sizeof(keeper->resolv), "nameserver fd00::3\n%s",
                machine->kept);
    } else {
        (void)snprintf(i->facts.resolver, ISOLATION_TEXT, "%.16s.3", joiner->range);
        n = snprintf(keeper->resolv, sizeof(keeper->resolv), "nameserver %s\n%s",
                i->facts.resolver, machine->kept);
    }
    keeper->resolv_length = n > 0 && (size_t)n < sizeof(keeper->resolv) ? (size_t)n : 0;
}

enum status isolation_user_start(
        const struct isolation_setup *setup, struct isolation *i, struct fault *fault)
{
    struct joiner_plan joiner = {.log = setup->log};
    struct keeper_plan keeper = {.user = true, .joiner_leash = -1, .outer = -1};
    struct isolation_resolver machine;
    struct isolation_look look = {0};
    int route = isolation_route_socket(), leash[2] = {-1, -1};
    bool known;
    enum status s;

    s = isolation_joiner_choose(setup->joiner, &joiner, fault);
    known = route != -1 && isolation_look(route, NULL, &look) &&
            isolation_range(route, joiner.range);
    isolation_close(&route);
    if (s != STATUS_OK)
        return s;
    if (!known)
        memcpy(joiner.range, "10.0.2", sizeof("10.0.2"));
    if (!look.default4 && !look.default6)
        return fault_set(fault, STATUS_IO,
                "This machine has no network: it has no default route. Connect it, then "
                "start again.");
    isolation_resolver_find(&machine);
    joiner.six = look.default6 || (machine.six && !machine.four);
    joiner.confined = resolver_is_near();
    isolation_keeper_places(&keeper);
    write_resolver(&keeper, &machine, &joiner, i);
    if (pipe2(leash, O_CLOEXEC) == -1)
        return fault_set(fault, STATUS_IO, "cannot make a pipe: %s", strerror(errno));
    keeper.joiner_leash = leash[1];
    s = isolation_keeper_start(&keeper, i, fault);
    isolation_close(&leash[1]);
    joiner.leash = leash[0];
    if (s == STATUS_OK)
        s = isolation_joiner_start(&joiner, i, fault);
    isolation_close(&leash[0]);
    return s;
}
