/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "cli/show_parts.h"

enum { SHOWN_DIGITS = 4, RULE_WIDTH = 60 };

static void rule_off(struct show *s, const char *id)
{
    (void)fputs("\n---- ", s->say.out);
    say_text(&s->say, bytes_text(id));
    (void)fputc(' ', s->say.out);
    for (size_t i = strlen(id); i < RULE_WIDTH; i++)
        (void)fputc('-', s->say.out);
    (void)fputc('\n', s->say.out);
}

/* The value: masked ones stand in the case as null, with length and digest. */
static void put_value(struct show *s, const struct json_value *item)
{
    const char *value = json_string_of(json_member(item, "value"));
    const char *sha256 = json_string_of(json_member(item, "value_sha256"));

    if (value != NULL) {
        show_field(s, "value", value);
        show_member(s, "decoded", item, "decoded");
        return;
    }
    show_label(s, "value");
    (void)fprintf(s->say.out, "[not kept in the findings: a credential of %" PRIu64 " bytes",
            show_number(item, "value_bytes"));
    if (sha256 != NULL) {
        (void)fputs(", sha256 ", s->say.out);
        say_text(&s->say, bytes_slice(bytes_text(sha256), 0, SHOWN_DIGITS));
        (void)fputs("…", s->say.out);
    }
    (void)fputs("]\n", s->say.out);
}

static void put_score(struct show *s, const struct json_value *item)
{
    const struct json_value *score = json_member(item, "score");

    show_member(s, "points", score, "points");
    for (const struct json_value *t = json_first(json_member(score, "terms")); t != NULL;
            t = json_next(t)) {
        int64_t points = 0;
        const char *text = json_string_of(json_member(t, "text"));

        if (!json_integer_of(json_member(t, "points"), &points))
            continue;
        (void)fprintf(s->say.out, "  %+" PRId64 " ", points);
        say_text(&s->say, bytes_text(text));
        (void)fputc('\n', s->say.out);
    }
}

static void put_item(struct show *s, const struct json_value *item)
{
    const struct json_value *set_by = json_member(item, "set_by");

    show_member(s, "item", item, "id");
    show_member(s, "carrier", item, "carrier");
    show_member(s, "name", item, "name");
    put_value(s, item);
    if (json_string_of(json_member(item, "value")) != NULL)
        show_member(s, "value_sha256", item, "value_sha256");
    show_member(s, "recipient", item, "recipient");
    show_member(s, "party", item, "party");
    show_member(s, "owner", item, "owner");
    show_member(s, "set how", set_by, "how");
    show_member(s, "set by", set_by, "exchange");
    show_member(s, "lifetime days", item, "lifetime_days");
    show_list(s, "on pages of", item, "pages");
    show_member(s, "occurrences", item, "occurrences");
    show_member(s, "first", item, "first_time");
    show_member(s, "last", item, "last_time");
    show_member(s, "class", item, "class");
    show_member(s, "grade", item, "grade");
    put_score(s, item);
    show_list(s, "facts", item, "facts");
    show_list(s, "gaps", item, "gaps");
    (void)fputs("verdicts\n", s->say.out);
    show_verdicts(s, item);
}

enum status show_item(struct show *s, const char *id, struct fault *fault)
{
    struct json_value *item = NULL;
    struct buf line;
    enum status status;
    size_t shown = 0, all = 0;

    buf_init(&line, CASE_LINE_MOST);
    status = case_find(s->directory, "data/findings/items.jsonl", id, &line, &item, fault);
    if (status == STATUS_OK && s->json) {
        show_raw(&line);
    } else if (status == STATUS_OK) {
        struct cited cited = {.value = bytes_text(json_string_of(json_member(item, "value")))};

        put_item(s, item);
        for (const struct json_value *x = json_first(json_member(item, "exchanges"));
                x != NULL && status == STATUS_OK; x = json_next(x)) {
            if (json_string_of(x) == NULL || ++all > SHOW_CITED_MOST)
                continue;
            shown++;
            rule_off(s, json_string_of(x));
            status = show_exchange(
                    s, json_string_of(x), &cited, cited.value.n != 0 ? 1 : 0, fault);
        }
        if (shown < all)
            (void)fprintf(s->say.out,
                    "\n%zu more exchanges carry it; exhibit show --json lists them\n",
                    all - shown);
    }
    json_free(item);
    buf_clear(&line);
    return status;
}

static void put_finding(struct show *s, const struct json_value *f)
{
    show_member(s, "finding", f, "id");
    show_member(s, "kind", f, "kind");
    show_member(s, "", f, "statement_en");
    show_member(s, "", f, "statement_zh");
    show_member(s, "page site", f, "page_site");
    show_member(s, "recipient", f, "recipient");
    show_member(s, "owner", f, "owner");
    show_list(s, "items", f, "items");
    for (const struct json_value *v = json_first(json_member(f, "facts")); v != NULL;
            v = json_next(v)) {
        const char *name = json_key(v);

        if (name == NULL)
            continue;
        show_member(s, name, json_member(f, "facts"), name);
        show_list(s, name, json_member(f, "facts"), name);
    }
    show_list(s, "gaps", f, "gaps");
    (void)fputs("verdicts\n", s->say.out);
    show_verdicts(s, f);
}

/* The places of one exchange; evidence of one exchange need not stand together. */
static size_t places_of(const struct json_value *evidence, const char *exchange,
        struct cited cited[SHOW_MARKS_MOST])
{
    size_t n = 0;

    for (const struct json_value *p = json_first(evidence); p != NULL && n < SHOW_MARKS_MOST;
            p = json_next(p)) {
        const char *id = json_string_of(json_member(p, "exchange"));
        const char *part = json_string_of(json_member(p, "part"));

        if (id != NULL && part != NULL && strcmp(id, exchange) == 0)
            cited[n++] = (struct cited){.part = part,
                    .off = show_number(p, "offset"),
                    .len = show_number(p, "length")};
    }
    return n;
}

static enum status put_evidence(struct show *s, const struct json_value *f, struct fault *fault)
{
    const struct json_value *evidence = json_member(f, "evidence");
    const char *done[SHOW_CITED_MOST];
    struct cited cited[SHOW_MARKS_MOST];
    size_t n = 0, left = 0;
    enum status status = STATUS_OK;

    for (const struct json_value *p = json_first(evidence); p != NULL && status == STATUS_OK;
            p = json_next(p)) {
        const char *id = json_string_of(json_member(p, "exchange"));
        bool seen = id == NULL;

        for (size_t i = 0; i < n && !seen; i++)
            seen = strcmp(done[i], id) == 0;
        if (seen)
            continue;
        if (n == SHOW_CITED_MOST) {
            left++;
            continue;
        }
        done[n++] = id;
        rule_off(s, id);
        status = show_exchange(s, id, cited, places_of(evidence, id, cited), fault);
    }
    if (left != 0)
        (void)fprintf(s->say.out,
                "\n%zu more places are cited; exhibit show --json lists them\n", left);
    return status;
}

static void print_json(const struct json_value *v, struct json *j, const char *key);

static void print_members(const struct json_value *v, struct json *j)
{
    for (const struct json_value *m = json_first(v); m != NULL; m = json_next(m))
        print_json(m, j, json_is_object(v) ? json_key(m) : NULL);
    json_end(j);
}

/* The depth is bounded: the reader refuses more than JSON_DEPTH levels. */
static void print_json(const struct json_value *v, struct json *j, const char *key)
{
    int64_t n;

    if (json_is_object(v)) {
        json_object(j, key);
        print_members(v, j);
    } else if (json_is_array(v)) {
        json_array(j, key);
        print_members(v, j);
    } else if (json_string_of(v) != NULL) {
        json_string(j, key, json_string_of(v));
    } else if (json_integer_of(v, &n)) {
        json_integer(j, key, n);
    } else if (json_is_true(v)) {
        json_bool(j, key, true);
    } else {
        json_null(j, key);
    }
}

static void put_json(const struct json_value *v)
{
    struct json j;
    struct buf out;

    buf_init(&out, CASE_DOCUMENT_MOST);
    json_init(&j, &out);
    print_json(v, &j, NULL);
    show_raw(&out);
    buf_clear(&out);
}

static const struct json_value *find_in(const struct json_value *list, const char *id)
{
    for (const struct json_value *v = json_first(list); v != NULL; v = json_next(v)) {
        const char *is = json_string_of(json_member(v, "id"));

        if (is != NULL && strcmp(is, id) == 0)
            return v;
    }
    return NULL;
}

static enum status find_and_put(struct show *s, const char *name, const char *list,
        const char *id, struct fault *fault,
        enum status (*put)(struct show *, const struct json_value *, struct fault *))
{
    struct json_value *document = NULL;
    const struct json_value *found;
    struct buf text;
    enum status status;

    buf_init(&text, CASE_DOCUMENT_MOST);
    status = case_document(s->directory, name, &text, &document, fault);
    buf_clear(&text);
    if (status != STATUS_OK)
        return status;
    found = find_in(json_member(document, list), id);
    if (found == NULL)
        status = fault_set(fault, STATUS_INPUT, "%s: %s has no \"%s\"", s->directory, name, id);
    else if (s->json)
        put_json(found);
    else
        status = put(s, found, fault);
    json_free(document);
    return status;
}

static enum status put_finding_whole(
        struct show *s, const struct json_value *f, struct fault *fault)
{
    put_finding(s, f);
    return put_evidence(s, f, fault);
}

enum status show_finding(struct show *s, const char *id, struct fault *fault)
{
    return find_and_put(
            s, "data/findings/findings.json", "findings", id, fault, put_finding_whole);
}

static enum status put_gap(struct show *s, const struct json_value *g, struct fault *fault)
{
    (void)fault;
    show_member(s, "gap", g, "id");
    show_member(s, "cause", g, "cause");
    show_member(s, "connection", g, "connection");
    show_member(s, "sent by", g, "direction");
    show_member(s, "layer", g, "layer");
    show_member(s, "stream", g, "stream");
    show_member(s, "offset", g, "offset");
    show_member(s, "length", g, "length");
    show_member(s, "first packet", g, "first_packet");
    show_member(s, "last packet", g, "last_packet");
    show_member(s, "detail", g, "detail");
    show_range(s, "Wireshark", show_number(g, "first_packet"), show_number(g, "last_packet"));
    return STATUS_OK;
}

enum status show_gap(struct show *s, const char *id, struct fault *fault)
{
    return find_and_put(s, "data/findings/completeness.json", "gaps", id, fault, put_gap);
}
