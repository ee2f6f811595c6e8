/* SPDX-License-Identifier: Apache-2.0 */
#include "report/environment_read.h"

#include <string.h>

#include "base/json.h"

enum { TEXT_MOST = 20000 };

/* `*nomem` is set, never cleared. */
static const char *text_of(
        struct arena *arena, const struct json_value *v, const char *key, bool *nomem)
{
    const char *text = json_string_of(json_member(v, key));
    const char *kept = arena_string(arena, bytes_slice(bytes_text(text), 0, TEXT_MOST));

    *nomem = *nomem || kept == NULL;
    return kept;
}

static enum probe_state state_of(const struct json_value *v)
{
    const char *name = json_string_of(json_member(v, "state"));

    for (int i = PROBE_OK; name != NULL && i <= PROBE_UNKNOWN; i++) {
        if (strcmp(name, probe_state_name((enum probe_state)i)) == 0)
            return (enum probe_state)i;
    }
    return PROBE_UNKNOWN;
}

static void read_probes(struct arena *arena, const struct json_value *probes,
        struct environment_read *out, bool *nomem)
{
    for (const struct json_value *v = json_first(probes); v != NULL; v = json_next(v)) {
        if (!json_is_object(v))
            continue;
        if (out->n == ENVIRONMENT_TOLD_MOST) {
            out->more = true;
            return;
        }
        out->at[out->n++] = (struct environment_told){
                .id = text_of(arena, v, "id", nomem),
                .group = text_of(arena, v, "group", nomem),
                .title_en = text_of(arena, v, "title_en", nomem),
                .title_zh = text_of(arena, v, "title_zh", nomem),
                .reason_en = text_of(arena, v, "reason_en", nomem),
                .reason_zh = text_of(arena, v, "reason_zh", nomem),
                .state = state_of(v),
        };
    }
}

enum status environment_read(struct arena *arena, struct bytes text,
        struct environment_read *out, struct fault *fault)
{
    struct json_value *v = json_parse(text, fault);
    const char *schema = json_string_of(json_member(v, "schema"));
    struct environment_read read = {0};
    bool nomem = false;

    if (schema == NULL || strcmp(schema, "exhibit/environment/1") != 0) {
        json_free(v);
        return fault_set(fault, STATUS_INPUT, "this is no description of a machine");
    }
    read.at = arena_array(arena, ENVIRONMENT_TOLD_MOST, sizeof(*read.at));
    read.time = text_of(arena, v, "time", &nomem);
    if (read.at != NULL)
        read_probes(arena, json_member(v, "probes"), &read, &nomem);
    json_free(v);
    if (read.at == NULL || nomem)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    *out = read;
    return STATUS_OK;
}
