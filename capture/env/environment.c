/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/env/environment.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "capture/env/env_parts.h"

enum {
    ARENA_MOST = 256 << 20,
    FACTS_MOST = 8 << 20,
    REASON_MOST = 64 << 10,
};

/* China's National Time Service Center first: Chinese courts know it. */
const char *const environment_time_servers[] = {
        "ntp.ntsc.ac.cn", "pool.ntp.org", "time.cloudflare.com", NULL};

const char *probe_state_name(enum probe_state state)
{
    switch (state) {
    case PROBE_OK:
        return "ok";
    case PROBE_ATTENTION:
        return "attention";
    case PROBE_UNKNOWN:
        break;
    }
    return "could-not-tell";
}

static void look_at_all(struct look *l)
{
    struct processes running = {0};
    const char *way_out;

    env_processes_look(l, &running);
    env_machine(l);
    env_clock(l, &running);
    env_network(l);
    env_proxy(l);
    way_out = env_links(l, &running);
    env_trust(l);
    env_browser(l, &running);
    env_profile(l);
    env_programs(l, &running);
    env_sockets(l, &running);
    env_capture(l, way_out);
}

enum status environment_look(
        const struct environment_setup *setup, struct environment *out, struct fault *fault)
{
    struct environment *e = calloc(1, sizeof(*e));
    struct look l = {.setup = setup, .out = e};

    if (e != NULL)
        e->arena = arena_new(ARENA_MOST);
    if (e == NULL || e->arena == NULL) {
        free(e);
        return fault_set(fault, STATUS_NOMEM, "out of memory while looking at the machine");
    }
    l.live = setup->root == NULL || setup->root[0] == '\0';
    buf_init(&l.facts, FACTS_MOST);
    buf_init(&l.en, REASON_MOST);
    buf_init(&l.zh, REASON_MOST);
    buf_init(&l.scratch, (size_t)PARTS_LARGE + 1);
    e->time_ns = clock_utc_ns();
    e->boottime_ns = clock_boot_ns();
    look_at_all(&l);
    buf_clear(&l.facts);
    buf_clear(&l.en);
    buf_clear(&l.zh);
    buf_clear(&l.scratch);
    if (l.status == STATUS_OK)
        *out = *e;
    else
        environment_clear(e);
    free(e);
    return l.status == STATUS_OK
                   ? STATUS_OK
                   : fault_set(fault, l.status, "out of memory while looking at the machine");
}

void environment_clear(struct environment *e)
{
    arena_free(e->arena);
    e->arena = NULL;
    e->n = 0;
}

const struct probe *environment_probe(const struct environment *e, const char *id)
{
    for (size_t i = 0; i < e->n; i++) {
        if (strcmp(e->at[i].id, id) == 0)
            return &e->at[i];
    }
    return NULL;
}

void environment_write(const struct environment *e, struct json *j)
{
    json_object(j, NULL);
    json_string(j, "schema", "exhibit/environment/1");
    json_time(j, "time", e->time_ns);
    json_integer(j, "boottime_ns", e->boottime_ns);
    json_array(j, "probes");
    for (size_t i = 0; i < e->n; i++) {
        const struct probe *p = &e->at[i];

        json_object(j, NULL);
        json_string(j, "id", p->id);
        json_string(j, "group", p->group);
        json_string(j, "title_en", p->title_en);
        json_string(j, "title_zh", p->title_zh);
        json_string(j, "state", probe_state_name(p->state));
        json_string(j, "reason_en", p->reason_en);
        json_string(j, "reason_zh", p->reason_zh);
        json_bool(j, "changes", p->changes);
        json_raw(j, "facts", p->facts);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}
