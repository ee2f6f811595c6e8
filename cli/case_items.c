/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case_items.h"

#include <stdlib.h>
#include <string.h>

#include "classify/marks.h"
#include "cli/case_terms.h"
#include "report/compare_read.h"

#define ARENA_MOST ((size_t)1 << 30)

enum { DOCUMENT_MOST = 64 << 20 };

static const char manifest_name[] = "manifest-sha256.txt";

/* The files that are read, and the digests that the manifest has for them. */
enum file { ITEMS, EXCHANGES, FINDINGS, COMPLETENESS, BASIS, MARKS, FILES };

static const char *const names[FILES] = {
        [ITEMS] = "data/findings/items.jsonl",
        [EXCHANGES] = "data/findings/exchanges.jsonl",
        [FINDINGS] = "data/findings/findings.json",
        [COMPLETENESS] = "data/findings/completeness.json",
        [BASIS] = "data/findings/basis.json",
        [MARKS] = "data/marks.jsonl", /* not every case has it */
};

struct load {
    const char *directory;
    struct fault *fault;
    struct arena *arena;
    struct compare_case *c;
    char listed[FILES][SHA256_TEXT]; /* "": not in the manifest */
    size_t item_capacity, exchange_capacity, exchange_count;
    struct compare_exchange *exchanges; /* in an arena of their own */
    struct arena *passing;
    struct case_terms terms;
};

static enum status no_memory(struct load *l)
{
    return fault_set(l->fault, STATUS_NOMEM, "%s: out of memory", l->directory);
}

typedef enum status take_line(struct load *l, struct bytes line, size_t number);

/* Hands out all lines; the digest of the file goes to `hex`. */
static enum status read_lines(
        struct load *l, const char *name, take_line *take, char hex[SHA256_TEXT])
{
    struct digest *digest = digest_new(DIGEST_SHA256);
    uint8_t raw[DIGEST_MOST];
    struct case_lines lines = {0};
    struct bytes line;
    enum status status = digest == NULL ? no_memory(l) : STATUS_OK, read = STATUS_OK;
    size_t number = 0;

    if (status == STATUS_OK)
        status = case_lines_open(&lines, l->directory, name, l->fault);
    while (status == STATUS_OK && case_lines_next(&lines, &line, &read, l->fault)) {
        digest_add(digest, line);
        digest_add(digest, BYTES_LITERAL("\n"));
        status = take(l, line, ++number);
    }
    status = status == STATUS_OK ? read : status;
    if (status == STATUS_OK) {
        digest_finish(digest, raw);
        digest_hex(bytes_of(raw, SHA256_BYTES), hex);
    }
    case_lines_close(&lines);
    digest_free(digest);
    return status;
}

static enum status take_listed(struct load *l, struct bytes line, size_t number)
{
    struct bytes hex, name;

    if (!compare_read_manifest(line, &hex, &name))
        return fault_set(l->fault, STATUS_INPUT, "%s/%s: line %zu is not \"digest  name\"",
                l->directory, manifest_name, number);
    for (int f = 0; f < FILES; f++)
        if (bytes_is(name, names[f]))
            memcpy(l->listed[f], hex.p, SHA256_TEXT - 1);
    return STATUS_OK;
}

static enum status check_digest(struct load *l, enum file file, const char *hex)
{
    if (strcmp(hex, l->listed[file]) == 0)
        return STATUS_OK;
    return fault_set(l->fault, STATUS_INPUT,
            "%s/%s: it is not the file that was sealed (its digest is not the one in %s); "
            "\"exhibit verify %s\" names what was changed",
            l->directory, names[file], manifest_name, l->directory);
}

static enum status read_listed_lines(struct load *l, enum file file, take_line *take)
{
    char hex[SHA256_TEXT] = "";
    enum status status = read_lines(l, names[file], take, hex);

    return status == STATUS_OK ? check_digest(l, file, hex) : status;
}

static enum status read_document(struct load *l, enum file file, struct json_value **out)
{
    char hex[SHA256_TEXT];
    struct buf text;
    struct json_value *v = NULL;
    enum status status;

    buf_init(&text, DOCUMENT_MOST);
    status = case_document(l->directory, names[file], &text, &v, l->fault);
    if (status == STATUS_OK)
        status = sha256_text(buf_view(&text), hex) ? check_digest(l, file, hex) : no_memory(l);
    buf_clear(&text);
    if (status == STATUS_OK)
        *out = v;
    else
        json_free(v);
    return status;
}

static enum status take_item(struct load *l, struct bytes line, size_t number)
{
    struct compare_case *c = l->c;
    struct compare_item *grown;
    bool nomem = false;

    (void)number;
    if (c->item_count == COMPARE_ITEMS_MOST) {
        c->items_left_out++;
        return STATUS_OK;
    }
    grown = arena_grow(l->arena, c->items, c->item_count, &l->item_capacity, sizeof(*c->items));
    if (grown != NULL) {
        c->items = grown;
        if (compare_read_item(l->arena, line, &grown[c->item_count], &nomem)) {
            c->item_count++;
            return STATUS_OK;
        }
    }
    c->items_left_out++;
    return STATUS_OK;
}

static enum status take_exchange(struct load *l, struct bytes line, size_t number)
{
    struct compare_exchange x, *grown;
    bool nomem = false;

    (void)number;
    if (!compare_read_exchange(l->passing, line, &x, &nomem))
        return nomem ? no_memory(l) : STATUS_OK;
    l->c->exchanges++;
    l->c->incomplete += !x.complete;
    grown = arena_grow(
            l->passing, l->exchanges, l->exchange_count, &l->exchange_capacity, sizeof(*grown));
    if (grown == NULL)
        return no_memory(l);
    l->exchanges = grown;
    grown[l->exchange_count++] = x;
    case_terms_take(&l->terms, l->directory, &x);
    return STATUS_OK;
}

static int by_site(const void *a, const void *b)
{
    const struct compare_exchange *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    if (order == 0)
        order = (left->time_ns > right->time_ns) - (left->time_ns < right->time_ns);
    return order == 0 ? bytes_compare(left->id, right->id) : order;
}

static int by_page(const void *a, const void *b)
{
    const struct compare_exchange *left = a, *right = b;

    return bytes_compare(left->page_site, right->page_site);
}

/* Sums the exchanges of each site, and lists the sites of pages. */
static enum status sum_up(struct load *l)
{
    struct compare_case *c = l->c;
    struct compare_exchange *x = l->exchanges;
    size_t n = l->exchange_count, count = 0;

    if (n == 0)
        return STATUS_OK;
    qsort(x, n, sizeof(*x), by_page);
    for (size_t i = 0; i < n; i++)
        count += i == 0 || !bytes_equal(x[i].page_site, x[i - 1].page_site);
    c->pages = arena_array(l->arena, count, sizeof(*c->pages));
    if (c->pages == NULL)
        return no_memory(l);
    for (size_t i = 0; i < n; i++)
        if (x[i].page_site.n != 0 &&
                (i == 0 || !bytes_equal(x[i].page_site, x[i - 1].page_site)) &&
                !arena_copy(l->arena, x[i].page_site, &c->pages[c->page_count++]))
            return no_memory(l);
    qsort(x, n, sizeof(*x), by_site);
    count = 0;
    for (size_t i = 0; i < n; i++)
        count += i == 0 || !bytes_equal(x[i].site, x[i - 1].site);
    if (count > COMPARE_SITES_MOST)
        return fault_set(l->fault, STATUS_INPUT, "%s: more than %d sites", l->directory,
                COMPARE_SITES_MOST);
    c->sites = arena_array(l->arena, count, sizeof(*c->sites));
    if (c->sites == NULL)
        return no_memory(l);
    c->first_ns = c->last_ns = x[0].time_ns;
    for (size_t i = 0; i < n; i++) {
        struct compare_site *s;

        if (i == 0 || !bytes_equal(x[i].site, x[i - 1].site)) {
            s = &c->sites[c->site_count++];
            s->first_ns = x[i].time_ns;
            if (!arena_copy(l->arena, x[i].site, &s->site) ||
                    !arena_copy(l->arena, x[i].id, &s->first_exchange))
                return no_memory(l);
        }
        s = &c->sites[c->site_count - 1];
        s->exchanges++;
        s->incomplete += !x[i].complete;
        s->last_ns = x[i].time_ns;
        c->first_ns = x[i].time_ns < c->first_ns ? x[i].time_ns : c->first_ns;
        c->last_ns = x[i].time_ns > c->last_ns ? x[i].time_ns : c->last_ns;
    }
    return STATUS_OK;
}

/* Connections that could not be read: what they carried is unknown. */
static void count_unread(struct compare_case *c, const struct json_value *completeness)
{
    const struct json_value *undecrypted =
            json_member(json_member(completeness, "connections"), "undecrypted");

    for (const struct json_value *v = json_first(undecrypted); v != NULL; v = json_next(v)) {
        int64_t n;

        if (json_integer_of(v, &n) && n > 0 && n < INT32_MAX)
            c->unread_connections += (uint64_t)n;
    }
}

static enum status take_mark(struct load *l, struct bytes line, size_t number)
{
    struct json_value *v = json_parse(line, NULL);
    const char *kind = json_string_of(json_member(v, "kind"));
    const char *time = json_string_of(json_member(v, "time"));
    int64_t ns;

    (void)number;
    if (kind != NULL && compare_read_time(bytes_text(time), &ns)) {
        if (strcmp(kind, mark_kind_name(MARK_ERASURE_REQUESTED)) == 0 ||
                strcmp(kind, mark_kind_name(MARK_CONSENT_WITHDRAWN)) == 0)
            l->c->requested_ns = ns;
        if (strcmp(kind, mark_kind_name(MARK_COOKIES_CLEARED)) == 0)
            l->c->cleared_ns = ns;
    }
    json_free(v);
    return STATUS_OK;
}

static enum status read_files(struct load *l, struct case_items *out)
{
    struct json_value *completeness = NULL, *basis = NULL;
    enum status status = read_lines(l, manifest_name, take_listed, l->c->manifest_sha256);

    for (int f = ITEMS; f <= BASIS && status == STATUS_OK; f++)
        if (l->listed[f][0] == '\0')
            status = fault_set(l->fault, STATUS_INPUT, "%s/%s: does not list %s", l->directory,
                    manifest_name, names[f]);
    if (status == STATUS_OK)
        status = read_document(l, FINDINGS, &out->findings);
    if (status == STATUS_OK)
        status = read_document(l, COMPLETENESS, &completeness);
    if (status == STATUS_OK)
        status = read_document(l, BASIS, &basis);
    if (status == STATUS_OK)
        status = read_listed_lines(l, ITEMS, take_item);
    if (status == STATUS_OK)
        status = read_listed_lines(l, EXCHANGES, take_exchange);
    if (status == STATUS_OK && l->listed[MARKS][0] != '\0')
        status = read_listed_lines(l, MARKS, take_mark);
    if (status == STATUS_OK) {
        const struct json_value *list = json_member(out->findings, "findings");

        l->c->findings = json_is_array(list) ? list : NULL;
        count_unread(l->c, completeness);
    }
    json_free(completeness);
    json_free(basis);
    return status;
}

/* "some/where/case/" is "case". */
static const char *name_of(struct arena *arena, const char *directory)
{
    struct bytes path = bytes_text(directory);
    size_t begin;

    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    begin = path.n;
    while (begin > 0 && path.p[begin - 1] != '/')
        begin--;
    return arena_string(arena, bytes_slice(path, begin, path.n));
}

enum status case_items_load(const char *directory, const struct case_term *terms,
        size_t term_count, struct case_items *out, struct fault *fault)
{
    struct case_items made = {.arena = arena_new(ARENA_MOST)};
    struct load l = {.directory = directory,
            .fault = fault,
            .arena = made.arena,
            .c = &made.of,
            .passing = arena_new(ARENA_MOST)};
    enum status status = case_check(directory, fault);

    if (status == STATUS_OK && (l.arena == NULL || l.passing == NULL))
        status = no_memory(&l);
    if (status == STATUS_OK) {
        made.of.name = name_of(l.arena, directory);
        status = made.of.name == NULL ? no_memory(&l) : STATUS_OK;
    }
    if (status == STATUS_OK)
        status = case_terms_open(&l.terms, l.arena, terms, term_count) ? STATUS_OK
                                                                       : no_memory(&l);
    if (status == STATUS_OK)
        status = read_files(&l, &made);
    if (status == STATUS_OK)
        status = sum_up(&l);
    made.of.terms = l.terms.at;
    made.of.term_count = l.terms.n;
    case_terms_close(&l.terms);
    arena_free(l.passing);
    if (status == STATUS_OK)
        *out = made;
    else
        case_items_clear(&made);
    return status;
}

void case_items_clear(struct case_items *c)
{
    json_free(c->findings);
    arena_free(c->arena);
    *c = (struct case_items){0};
}
