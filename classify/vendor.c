/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/vendor.h"

#include <stdlib.h>
#include <string.h>

#include "classify/cookie.h"
#include "classify/fields.h"
#include "classify/url.h"

enum {
    SLOTS = 1024,              /* a power of two, above twice the keys of the table */
    LABELS_MOST = 12,          /* of a host, from its end */
    CANDIDATES_MOST = 24,      /* entries tried for one exchange */
    MARK_BODY_MOST = 64 << 10, /* bytes of a body searched for marks */
    MARK_FIELDS_MOST = 256,
    MARKS_MOST = 8,
};

#define SCRATCH_MOST ((size_t)16 << 20)

/* What an entry is found by; a host, or at hosts of others the end or the begin of the path. */
enum key_kind { KEY_HOST, KEY_LAST, KEY_FIRST };

struct slot {
    struct bytes text;
    enum key_kind kind;
    bool used;
    size_t vendor; /* the first entry of the table under this key */
    int next;      /* slot of the next entry with the same key; -1: none */
};

/* Open addressing for the first entry of a key; the others hang on it. A lookup costs the same
 * whatever the size of the table. */
struct vendor_index {
    struct slot at[SLOTS];
    struct slot more[SLOTS];
    size_t more_count;
};

const char *property_name(enum property p)
{
    static const char *const names[PROPERTIES] = {
            [PROPERTY_PAGE] = "page",
            [PROPERTY_REFERRER] = "referrer",
            [PROPERTY_TITLE] = "title",
            [PROPERTY_BROWSER_ID] = "browser-id",
            [PROPERTY_SESSION_ID] = "session-id",
            [PROPERTY_DEVICE_ID] = "device-id",
            [PROPERTY_ACCOUNT] = "account",
            [PROPERTY_EMAIL_DIGEST] = "email-digest",
            [PROPERTY_PHONE_DIGEST] = "phone-digest",
            [PROPERTY_SCREEN] = "screen",
            [PROPERTY_VIEWPORT] = "viewport",
            [PROPERTY_COLOUR_DEPTH] = "colour-depth",
            [PROPERTY_LANGUAGE] = "language",
            [PROPERTY_TIME_ZONE] = "time-zone",
            [PROPERTY_USER_AGENT] = "user-agent",
            [PROPERTY_PLATFORM] = "platform",
            [PROPERTY_HARDWARE] = "hardware",
            [PROPERTY_FONTS] = "fonts",
            [PROPERTY_PLUGINS] = "plugins",
            [PROPERTY_CANVAS] = "canvas",
            [PROPERTY_AUDIO] = "audio",
            [PROPERTY_WEBGL] = "webgl",
            [PROPERTY_FINGERPRINT] = "fingerprint",
            [PROPERTY_TOUCH] = "touch",
            [PROPERTY_NETWORK] = "network",
            [PROPERTY_BATTERY] = "battery",
            [PROPERTY_CONSENT] = "consent",
            [PROPERTY_EVENT] = "event",
            [PROPERTY_SITE_KEY] = "site-key",
            [PROPERTY_LOCATION] = "location",
            [PROPERTY_RECORDING] = "recording",
    };

    return (unsigned)p < PROPERTIES ? names[p] : "unknown";
}

/* FNV-1a: the keys are our own, so nobody can choose what collides among them. */
static size_t hash(enum key_kind kind, struct bytes text)
{
    uint32_t h = UINT32_C(2166136261) ^ (uint32_t)kind;

    for (size_t i = 0; i < text.n; i++)
        h = (h ^ ascii_lower(text.p[i])) * UINT32_C(16777619);
    return (h ^ h >> 15) % SLOTS;
}

static const struct slot *index_find(
        const struct vendor_index *x, enum key_kind kind, struct bytes text)
{
    for (size_t i = hash(kind, text); x->at[i].used; i = (i + 1) % SLOTS) {
        if (x->at[i].kind == kind && bytes_equal_nocase(x->at[i].text, text))
            return &x->at[i];
    }
    return NULL;
}

static void index_add(
        struct vendor_index *x, enum key_kind kind, struct bytes text, size_t vendor)
{
    size_t i = hash(kind, text);
    struct slot *last;

    while (x->at[i].used && (x->at[i].kind != kind || !bytes_equal_nocase(x->at[i].text, text)))
        i = (i + 1) % SLOTS;
    if (!x->at[i].used) {
        x->at[i] = (struct slot){text, kind, true, vendor, -1};
        return;
    }
    if (x->more_count == SLOTS)
        return;
    for (last = &x->at[i]; last->next != -1;)
        last = &x->more[last->next];
    last->next = (int)x->more_count;
    x->more[x->more_count++] = (struct slot){text, kind, true, vendor, -1};
}

/* The next word of a text with spaces between. */
static bool next_word(struct bytes *rest, struct bytes *word)
{
    while (rest->n != 0) {
        if (!bytes_take_until(rest, ' ', word)) {
            *word = *rest;
            rest->n = 0;
        }
        if (word->n != 0)
            return true;
    }
    return false;
}

static struct bytes last_segment(struct bytes path)
{
    size_t at = path.n;

    while (at != 0 && path.p[at - 1] != '/')
        at--;
    return bytes_slice(path, at, path.n);
}

static struct bytes first_segment(struct bytes path)
{
    struct bytes rest = bytes_slice(path, path.n != 0 && path.p[0] == '/', path.n), segment;

    return bytes_take_until(&rest, '/', &segment) ? segment : rest;
}

static struct vendor_index *index_new(void)
{
    struct vendor_index *x = calloc(1, sizeof(*x));

    for (size_t i = 0; x != NULL && i < vendor_table_size; i++) {
        const struct vendor *v = &vendor_table[i];
        struct bytes hosts = bytes_text(v->hosts), host, path = bytes_text(v->path);

        while (next_word(&hosts, &host))
            index_add(x, KEY_HOST, host, i);
        if (!v->anywhere)
            continue;
        if (v->path[0] == '*')
            index_add(x, KEY_LAST, last_segment(bytes_slice(path, 1, path.n)), i);
        else
            index_add(x, KEY_FIRST, first_segment(path), i);
    }
    return x;
}

static bool path_fits(const struct vendor *v, struct bytes path)
{
    struct bytes want = bytes_text(v->path);

    if (want.n == 0)
        return true;
    if (want.p[0] == '*')
        return bytes_ends_nocase(path, bytes_slice(want, 1, want.n));
    return bytes_starts_nocase(path, want);
}

/* The marks of one entry that are still to be met. */
struct marks_wanted {
    struct bytes at[MARKS_MOST];
    size_t n;
};

static struct marks_wanted marks_of(const struct vendor *v)
{
    struct bytes rest = bytes_text(v->marks), word;
    struct marks_wanted m = {.n = 0};

    while (m.n < MARKS_MOST && next_word(&rest, &word))
        m.at[m.n++] = word;
    return m;
}

/* Strikes out what "name" or "name=begin of the value" the field answers; "?name" only counts
 * in the query. */
static void marks_meet(
        struct marks_wanted *m, bool query, struct bytes name, struct bytes value)
{
    for (size_t i = 0; i < m->n;) {
        bool only_query = m->at[i].p[0] == '?';
        struct bytes begin = bytes_slice(m->at[i], only_query, m->at[i].n), want;

        if (!bytes_take_until(&begin, '=', &want)) {
            want = begin;
            begin.n = 0;
        }
        if ((query || !only_query) && bytes_equal(want, name) && bytes_starts(value, begin))
            m->at[i] = m->at[--m->n];
        else
            i++;
    }
}

static bool marks_left_for_body(const struct marks_wanted *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->at[i].p[0] == '?')
            return false;
    }
    return m->n != 0;
}

/* Fields of the body, read once for all candidates of an exchange. */
struct mark_body {
    struct arena *arena; /* owned; NULL until the body was asked for */
    struct fields fields;
};

static bool marks_in_body(
        const struct evidence *e, const struct exchange *x, struct mark_body *b)
{
    const struct header *type = message_find(&x->request, "content-type");
    struct bytes body = bytes_of(NULL, 0);

    if (b->arena != NULL)
        return true;
    b->arena = arena_new(SCRATCH_MOST);
    if (x->request.body.present && x->request.body.bytes != 0)
        body = bytes_slice(evidence_body(e, &x->request.body), 0, MARK_BODY_MOST);
    return b->arena != NULL &&
           fields_read(b->arena, type == NULL ? bytes_of(NULL, 0) : type->value, body,
                   MARK_FIELDS_MOST, &b->fields);
}

/* `*out` says whether all marks of the entry are in the request; false: no memory. */
static bool marks_met(const struct evidence *e, const struct exchange *x, struct bytes query,
        const struct vendor *v, struct mark_body *b, bool *out)
{
    struct marks_wanted m = marks_of(v);
    struct bytes name, value;

    while (m.n != 0 && url_parameter(&query, &name, &value))
        marks_meet(&m, true, name, value);
    if (marks_left_for_body(&m)) {
        if (!marks_in_body(e, x, b))
            return false;
        for (size_t i = 0; i < b->fields.n && m.n != 0; i++)
            marks_meet(&m, false, b->fields.at[i].name, b->fields.at[i].decoded);
    }
    *out = m.n == 0;
    return true;
}

/* Entries that the host or the path of an exchange leads to, the most special host first. */
struct candidates {
    size_t at[CANDIDATES_MOST];
    size_t n;
};

static void add_all(const struct vendor_index *x, enum key_kind kind, struct bytes text,
        struct candidates *c)
{
    for (const struct slot *s = index_find(x, kind, text); s != NULL;
            s = s->next == -1 ? NULL : &x->more[s->next]) {
        if (c->n < CANDIDATES_MOST)
            c->at[c->n++] = s->vendor;
    }
}

static void collect(const struct vendor_index *x, struct bytes host, struct bytes path,
        struct candidates *c)
{
    struct bytes rest = host, label;

    /* Only the last labels can be a name of the table: a longer host is cut down to them. */
    for (size_t labels = 0, at = host.n; at != 0; at--) {
        if (host.p[at - 1] == '.' && ++labels == LABELS_MOST) {
            rest = bytes_slice(host, at, host.n);
            break;
        }
    }
    while (rest.n != 0) {
        add_all(x, KEY_HOST, rest, c);
        if (!bytes_take_until(&rest, '.', &label))
            break;
    }
    add_all(x, KEY_LAST, last_segment(path), c);
    add_all(x, KEY_FIRST, first_segment(path), c);
}

static bool mark_one(const struct evidence *e, const struct vendor_index *index,
        const struct exchange *x, const struct vendor **out)
{
    struct candidates c = {.n = 0};
    struct mark_body body = {.arena = NULL};
    struct bytes query = x->path, path;
    bool ok = true, met = false;

    if (!bytes_take_until(&query, '?', &path)) {
        path = x->path;
        query.n = 0;
    }
    collect(index, x->host, path, &c);
    for (size_t i = 0; i < c.n && ok && !met; i++) {
        const struct vendor *v = &vendor_table[c.at[i]];

        if (!path_fits(v, path))
            continue;
        ok = marks_met(e, x, query, v, &body, &met);
        if (ok && met)
            *out = v;
    }
    arena_free(body.arena);
    return ok;
}

enum status vendors_mark(
        const struct evidence *e, const struct attributions *a, const struct vendor **out)
{
    struct vendor_index *index = index_new();
    bool ok = index != NULL;

    for (size_t i = 0; i < e->exchange_count && ok; i++) {
        const struct exchange *x = e->exchanges[i];
        int64_t opened = a->of[i].opened_by;

        out[i] = NULL;
        /* What opened a WebSocket says whose its messages are. */
        if (opened != ATTRIBUTION_NONE && opened < (int64_t)i)
            out[i] = out[opened];
        else
            ok = mark_one(e, index, x, &out[i]);
    }
    free(index);
    return ok ? STATUS_OK : STATUS_NOMEM;
}

bool vendor_at_home(const struct vendor *v, struct bytes host)
{
    struct bytes hosts = bytes_text(v->hosts), suffix;

    while (next_word(&hosts, &suffix)) {
        if (bytes_ends_nocase(host, suffix) &&
                (host.n == suffix.n || host.p[host.n - suffix.n - 1] == '.'))
            return true;
    }
    return false;
}

/* Compares while undoing percent escapes: "ud%5Bem%5D" is "ud[em]". `*n` is how much of the
 * name was equal to all of `want`; false when it is not. */
static bool starts_decoded(struct bytes name, struct bytes want, size_t *n)
{
    size_t at = 0;

    for (size_t i = 0; i < want.n; i++, at++) {
        uint8_t c;

        if (at >= name.n)
            return false;
        c = name.p[at];
        if (c == '%' && name.n - at > 2 && ascii_hex_value(name.p[at + 1]) >= 0 &&
                ascii_hex_value(name.p[at + 2]) >= 0) {
            c = (uint8_t)(ascii_hex_value(name.p[at + 1]) * 16 +
                          ascii_hex_value(name.p[at + 2]));
            at += 2;
        }
        if (c != want.p[i])
            return false;
    }
    *n = at;
    return true;
}

static bool field_is(const char *field, struct bytes name)
{
    struct bytes want = bytes_text(field);
    bool rest = want.n != 0 && want.p[want.n - 1] == '*';
    size_t n;

    want.n -= rest;
    return starts_decoded(name, want, &n) && (rest || n == name.n);
}

const struct vendor_field *vendor_field_find(const struct vendor *v, struct bytes name)
{
    for (size_t i = 0; i < VENDOR_FIELDS_MOST && v->fields[i].name != NULL; i++) {
        const char *field = v->fields[i].name, *dot;

        if (field_is(field, name))
            return &v->fields[i];
        /* Inside JSON a value is known by its innermost key. */
        dot = strrchr(field, '.');
        if (dot != NULL && dot[1] != '\0' && dot[1] != '*' && field_is(dot + 1, name))
            return &v->fields[i];
    }
    return NULL;
}
