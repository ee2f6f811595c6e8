/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "capture/live/devtools_parts.h"

enum {
    ITEMS_MOST = 16 << 20, /* of JSON about one origin */
    CONTEXTS_MOST = 64,    /* browser contexts (profiles and windows of their own) */
    FRAMES_DEEP = 64,
};

static bool is_page(const struct devtools_session *s)
{
    return s->tab || (s->kind != NULL && strcmp(s->kind, "iframe") == 0);
}

static enum status ask(struct devtools *d, const char *session, const char *method,
        struct bytes params, enum call_kind kind, size_t index)
{
    struct devtools_wait wait = {.kind = kind, .round = d->stores.round, .index = index};
    enum status status;

    /* Too many at once: what is not asked is not answered. */
    if (d->wait_count == CALLS_MOST) {
        d->stores.unanswered++;
        return STATUS_OK;
    }
    status = devtools_send(d, session, method, params, &wait, NULL);
    if (status == STATUS_OK)
        d->stores.waiting++;
    return status;
}

static enum status ask_cookies(struct devtools *d, struct bytes context)
{
    enum status status;
    struct buf text;

    buf_init(&text, ID_MOST + 64);
    status = context.n == 0 ? buf_text(&text, "{}")
                            : buf_print(&text, "{\"browserContextId\":%.*s}", (int)context.n,
                                      (const char *)context.p);
    if (status == STATUS_OK)
        status = ask(d, NULL, "Storage.getCookies", buf_view(&text), CALL_COOKIES, 0);
    else
        status = devtools_nomem(d);
    buf_clear(&text);
    return status;
}

enum status devtools_storage(struct devtools *d, struct fault *fault)
{
    struct devtools_stores *s = &d->stores;
    enum status status;

    if (s->busy)
        return fault_set(fault, STATUS_USAGE, "the cookie jar is being read already");
    if (d->pipe.lost)
        return fault_set(fault, STATUS_IO, "the browser does not answer any more");
    devtools_storage_clear(d);
    d->fault = fault;
    s->busy = true;
    s->round++;
    s->deadline = clock_steady_ns() + DEVTOOLS_WAIT_NS;
    buf_init(&s->cookies, TEXT_MOST / 2);
    status = ask(d, NULL, "Target.getBrowserContexts", BYTES_LITERAL("{}"), CALL_CONTEXTS, 0);
    if (status == STATUS_OK)
        status = ask_cookies(d, (struct bytes){0});
    for (size_t i = 0; i < d->session_count && status == STATUS_OK; i++)
        if (is_page(d->sessions[i]))
            status = ask(d, d->sessions[i]->id, "Page.getFrameTree", BYTES_LITERAL("{}"),
                    CALL_TREE, (size_t)d->sessions[i]->serial);
    d->fault = NULL;
    return status;
}

static enum status on_contexts(struct devtools *d, const struct devtools_said *said)
{
    struct bytes list, id;
    enum status status = STATUS_OK;
    struct scan s;
    size_t n = 0;

    if (!scan_member(said->result, "browserContextIds", &list))
        return STATUS_OK;
    scan_begin(&s, list);
    while (status == STATUS_OK && scan_next(&s, NULL, &id)) {
        if (n++ >= CONTEXTS_MOST || id.n > ID_MOST || *id.p != '"')
            d->stores.unanswered++;
        else
            status = ask_cookies(d, id);
    }
    return status;
}

/* Size and SHA-256 of the bytes that a JSON string stands for. */
static bool write_hash(struct json *j, struct bytes raw)
{
    uint8_t *text = malloc(raw.n + 1);
    char sha256[SHA256_TEXT];
    size_t n = 0;
    bool ok;

    ok = text != NULL && scan_unescape(raw, text, &n) && sha256_text(bytes_of(text, n), sha256);
    if (ok) {
        json_unsigned(j, "bytes", n);
        json_string(j, "sha256", sha256);
    }
    free(text);
    return ok;
}

static void write_cookie(struct json *j, struct bytes cookie)
{
    static const char *const names[] = {"name", "domain", "path", "expires", "size", "httpOnly",
            "secure", "sameSite", "session", "partitionKey"};
    struct bytes value;

    json_object(j, NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (scan_member(cookie, names[i], &value))
            json_raw(j, names[i], value);
    if (scan_member(cookie, "value", &value)) {
        if (!write_hash(j, value))
            json_null(j, "sha256");
        json_raw(j, "value", value);
    }
    json_end(j);
}

static enum status on_cookies(struct devtools *d, const struct devtools_said *said)
{
    struct devtools_stores *stores = &d->stores;
    struct bytes list, cookie;
    struct scan s;

    if (!scan_member(said->result, "cookies", &list)) {
        stores->unanswered++;
        return STATUS_OK;
    }
    stores->cookies_known = true;
    scan_begin(&s, list);
    while (scan_next(&s, NULL, &cookie)) {
        size_t before = stores->cookies.n;
        enum status status = before == 0 ? STATUS_OK : buf_append_u8(&stores->cookies, ',');
        struct json j;

        json_init(&j, &stores->cookies);
        j.status = status;
        write_cookie(&j, cookie);
        if (j.status == STATUS_NOMEM)
            return devtools_nomem(d);
        if (j.status != STATUS_OK) {
            stores->cookies.n = before;
            stores->unanswered++;
            break;
        }
    }
    return STATUS_OK;
}

/* Asks for what one origin stores, as this tab or frame sees it. */
static enum status ask_origin(struct devtools *d, struct devtools_session *s, struct bytes raw)
{
    struct devtools_stores *stores = &d->stores;
    static const enum call_kind kinds[] = {CALL_LOCAL_ITEMS, CALL_SESSION_ITEMS};
    enum status status = STATUS_OK;
    struct devtools_origin *o;
    bool nomem = false;
    struct buf text;
    char *origin = scan_string(raw, ID_MOST * 8, &nomem);

    if (nomem)
        return devtools_nomem(d);
    if (origin == NULL || strncmp(origin, "http", 4) != 0) {
        free(origin);
        return STATUS_OK;
    }
    for (size_t i = 0; i < stores->n; i++) {
        o = &stores->origins[i];
        if (o->session == s->serial && strcmp(o->origin, origin) == 0) {
            free(origin);
            return STATUS_OK;
        }
    }
    if (stores->n == ORIGINS_MOST) {
        stores->more = true;
        free(origin);
        return STATUS_OK;
    }
    o = &stores->origins[stores->n];
    *o = (struct devtools_origin){.session = s->serial, .origin = origin};
    buf_init(&o->local, ITEMS_MOST);
    buf_init(&o->session_items, ITEMS_MOST);
    buf_init(&o->databases, ITEMS_MOST);
    stores->n++;
    buf_init(&text, LOG_PARAMS);
    for (size_t i = 0; i < 2 && status == STATUS_OK; i++) {
        buf_reset(&text);
        status = buf_print(&text,
                "{\"storageId\":{\"securityOrigin\":%.*s,\"isLocalStorage\":%s}}", (int)raw.n,
                (const char *)raw.p, i == 0 ? "true" : "false");
        if (status == STATUS_OK)
            status = ask(d, s->id, "DOMStorage.getDOMStorageItems", buf_view(&text), kinds[i],
                    stores->n - 1);
    }
    buf_reset(&text);
    if (status == STATUS_OK)
        status = buf_print(&text, "{\"securityOrigin\":%.*s}", (int)raw.n, (const char *)raw.p);
    if (status == STATUS_OK)
        status = ask(d, s->id, "IndexedDB.requestDatabaseNames", buf_view(&text),
                CALL_DATABASES, stores->n - 1);
    buf_clear(&text);
    return status == STATUS_NOMEM ? devtools_nomem(d) : status;
}

/* Frames stand inside frames: walked with a stack of what is left on each level. */
static enum status on_tree(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s)
{
    struct scan left[FRAMES_DEEP];
    struct bytes tree, origin, children;
    enum status status = STATUS_OK;
    size_t depth = 0;

    if (s == NULL || !scan_member(said->result, "frameTree", &tree)) {
        d->stores.unanswered++;
        return STATUS_OK;
    }
    for (;;) {
        if (scan_path(tree, "frame.securityOrigin", &origin))
            status = ask_origin(d, s, origin);
        if (scan_member(tree, "childFrames", &children)) {
            if (depth < FRAMES_DEEP)
                scan_begin(&left[depth++], children);
            else
                d->stores.more = true;
        }
        while (depth != 0 && !scan_next(&left[depth - 1], NULL, &tree))
            depth--;
        if (depth == 0 || status != STATUS_OK)
            return status;
    }
}

/* DOMStorage: pairs of name and value. Of values only the size and the hash are kept. */
static enum status on_items(
        struct devtools *d, const struct devtools_said *said, struct buf *out)
{
    struct bytes entries, pair, name, value;
    struct scan s, inner;
    struct json j;

    if (!scan_member(said->result, "entries", &entries)) {
        d->stores.unanswered++;
        return STATUS_OK;
    }
    json_init(&j, out);
    json_array(&j, NULL);
    scan_begin(&s, entries);
    while (scan_next(&s, NULL, &pair)) {
        scan_begin(&inner, pair);
        if (!scan_next(&inner, NULL, &name) || !scan_next(&inner, NULL, &value) ||
                *name.p != '"')
            continue;
        json_object(&j, NULL);
        json_raw(&j, "name", name);
        if (!write_hash(&j, value))
            json_null(&j, "sha256");
        json_end(&j);
    }
    json_end(&j);
    if (j.status == STATUS_NOMEM)
        return devtools_nomem(d);
    if (j.status != STATUS_OK) {
        buf_clear(out);
        d->stores.unanswered++;
    }
    return STATUS_OK;
}

static enum status on_databases(
        struct devtools *d, const struct devtools_said *said, struct buf *out)
{
    struct bytes names;

    if (!scan_member(said->result, "databaseNames", &names) ||
            buf_append(out, names) != STATUS_OK)
        d->stores.unanswered++;
    return STATUS_OK;
}

static void write_list(struct json *j, const char *key, const struct buf *list)
{
    if (list->n != 0)
        json_raw(j, key, buf_view(list));
    else
        json_null(j, key);
}

static void write_storage(const struct devtools *d, struct json *j)
{
    const struct devtools_stores *s = &d->stores;
    size_t missing = s->unanswered + s->waiting;

    json_object(j, NULL);
    json_string(j, "schema", "exhibit/storage/1");
    json_time(j, "time", clock_utc_ns());
    json_bool(j, "complete", missing == 0 && !s->more && s->cookies_known);
    json_unsigned(j, "unanswered", missing);
    json_bool(j, "more_origins", s->more);
    json_raw(j, "cookies", s->cookies_known ? BYTES_LITERAL("[") : BYTES_LITERAL("null"));
    if (s->cookies_known && j->status == STATUS_OK)
        j->status = buf_append(j->out, buf_view(&s->cookies));
    if (s->cookies_known && j->status == STATUS_OK)
        j->status = buf_append_u8(j->out, ']');
    json_array(j, "origins");
    for (size_t i = 0; i < s->n; i++) {
        const struct devtools_origin *o = &s->origins[i];
        struct devtools_session *from = devtools_session_at(d, o->session);
        struct devtools_session *tab = devtools_tab_of(d, from);

        json_object(j, NULL);
        json_string(j, "origin", o->origin);
        json_string(j, "session", from == NULL ? NULL : from->id);
        json_string(j, "page", tab == NULL ? NULL : tab->url);
        write_list(j, "local", &o->local);
        write_list(j, "session_storage", &o->session_items);
        write_list(j, "databases", &o->databases);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

static enum status finish(struct devtools *d)
{
    struct devtools_event event = {.kind = DEVTOOLS_ANSWER, .session = ""};
    struct devtools_stores *s = &d->stores;
    enum status status;
    struct buf text;
    struct json j;

    buf_init(&text, (size_t)TEXT_MOST * 16);
    json_init(&j, &text);
    write_storage(d, &j);
    status = j.status == STATUS_OK ? buf_append_u8(&text, '\n') : j.status;
    status = status == STATUS_OK
                     ? file_replace(d->directory, "storage.json", buf_view(&text), d->fault)
                     : devtools_nomem(d);
    buf_clear(&text);
    s->busy = false;
    event.ok = s->unanswered + s->waiting == 0 && !s->more && s->cookies_known;
    devtools_storage_clear(d);
    return status == STATUS_OK ? devtools_tell(d, event) : status;
}

enum status devtools_storage_answer(
        struct devtools *d, const struct devtools_wait *wait, const struct devtools_said *said)
{
    struct devtools_stores *s = &d->stores;
    enum status status = STATUS_OK;
    struct devtools_origin *o;

    if (!s->busy || wait->round != s->round)
        return STATUS_OK; /* late */
    s->waiting--;
    o = wait->index < s->n ? &s->origins[wait->index] : NULL;
    if (wait->kind == CALL_CONTEXTS)
        status = on_contexts(d, said);
    else if (wait->kind == CALL_COOKIES)
        status = on_cookies(d, said);
    else if (wait->kind == CALL_TREE)
        status = on_tree(d, said, devtools_session_at(d, wait->index));
    else if (o == NULL)
        s->unanswered++;
    else if (wait->kind == CALL_LOCAL_ITEMS)
        status = on_items(d, said, &o->local);
    else if (wait->kind == CALL_SESSION_ITEMS)
        status = on_items(d, said, &o->session_items);
    else
        status = on_databases(d, said, &o->databases);
    return status;
}

enum status devtools_storage_tick(struct devtools *d)
{
    const struct devtools_stores *s = &d->stores;

    if (!s->busy || (s->waiting != 0 && clock_steady_ns() < s->deadline && !d->pipe.lost))
        return STATUS_OK;
    return finish(d);
}

void devtools_storage_clear(struct devtools *d)
{
    struct devtools_stores *s = &d->stores;

    for (size_t i = 0; i < s->n; i++) {
        free(s->origins[i].origin);
        buf_clear(&s->origins[i].local);
        buf_clear(&s->origins[i].session_items);
        buf_clear(&s->origins[i].databases);
    }
    buf_clear(&s->cookies);
    s->n = s->waiting = s->unanswered = 0;
    s->more = s->cookies_known = s->busy = false;
}
