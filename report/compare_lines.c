/* SPDX-License-Identifier: Apache-2.0 */
#include "report/compare_lines.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/lines.h"

enum { ID_TEXT = 32, NUMBER_TEXT = 32, PER_MILLE = 1000 };

static void write_case(struct json *j, const struct compare_case *c, enum compare_role role)
{
    json_object(j, NULL);
    json_string(j, "role", compare_role_name(role));
    json_string(j, "name", c->name);
    json_string(j, "manifest_sha256", c->manifest_sha256);
    if (c->exchanges == 0) {
        json_null(j, "first_time");
        json_null(j, "last_time");
    } else {
        json_time(j, "first_time", c->first_ns);
        json_time(j, "last_time", c->last_ns);
    }
    json_unsigned(j, "exchanges", c->exchanges);
    json_unsigned(j, "exchanges_incomplete", c->incomplete);
    json_unsigned(j, "connections_unread", c->unread_connections);
    json_unsigned(j, "items", c->item_count);
    json_unsigned(j, "items_left_out", c->items_left_out);
    json_end(j);
}

static void write_items(
        struct json *j, const char *key, const struct compare_item *const *items, size_t n)
{
    char text[ID_TEXT];

    json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(text, sizeof(text), "i%" PRIu64, items[i]->number);
        json_string(j, NULL, text);
    }
    json_end(j);
}

static void write_all_items(struct json *j, const struct comparison *c,
        const struct compare_item **const items[COMPARE_CASES],
        const size_t counts[COMPARE_CASES])
{
    json_object(j, "items_by_case");
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        if (c->cases[r] != NULL)
            write_items(j, compare_role_name(r), items[r], counts[r]);
    json_end(j);
}

/* The ratio to three places, rounded down: the same bytes on every machine. */
static void write_similarity(struct json *j, const struct compare_row *row)
{
    char text[NUMBER_TEXT];
    uint64_t mille;

    if (!row->has_similarity || row->length == 0) {
        json_null(j, "similarity");
        return;
    }
    mille = (uint64_t)row->matched * 2 * PER_MILLE / row->length;
    (void)snprintf(
            text, sizeof(text), "%" PRIu64 ".%03" PRIu64, mille / PER_MILLE, mille % PER_MILLE);
    json_raw(j, "similarity", bytes_text(text));
}

static void write_row(struct json *j, const struct comparison *c, const struct compare_row *row)
{
    json_object(j, NULL);
    json_text(j, "recipient_site", row->item->recipient_site);
    json_string(j, "carrier", carrier_name(row->item->carrier));
    json_text(j, "name", row->item->name);
    json_text(j, "path", row->path);
    json_bool(j, "by_sha256", row->by_hash);
    for (unsigned r = 0; r < COMPARE_CASES; r++) {
        if (c->cases[r] == NULL)
            continue;
        if (row->seen[r])
            json_text(j, compare_role_name(r), row->text[r]);
        else
            json_null(j, compare_role_name(r));
    }
    json_object(j, "different_values");
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        if (c->cases[r] != NULL)
            json_unsigned(j, compare_role_name(r), row->values[r]);
    json_end(j);
    json_string(j, "result", compare_result_name(row->result));
    json_string(j, "why_en", row->why_en);
    json_string(j, "why_zh", row->why_zh);
    write_similarity(j, row);
    json_unsigned(j, "bits", row->bits);
    json_object(j, "items");
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        if (c->cases[r] != NULL)
            write_items(j, compare_role_name(r), row->items[r], row->item_count[r]);
    json_end(j);
    json_end(j);
}

/* A value of another case's JSON, of a kind that a finding has. */
static void copy_value(struct json *j, const char *key, const struct json_value *v)
{
    int64_t n;

    if (json_string_of(v) != NULL)
        json_string(j, key, json_string_of(v));
    else if (json_integer_of(v, &n))
        json_integer(j, key, n);
    else if (json_is_array(v)) {
        json_array(j, key);
        for (const struct json_value *e = json_first(v); e != NULL; e = json_next(e)) {
            if (json_string_of(e) != NULL)
                json_string(j, NULL, json_string_of(e));
            else if (json_integer_of(e, &n))
                json_integer(j, NULL, n);
        }
        json_end(j);
    } else {
        json_null(j, key);
    }
}

static bool said_already(const struct compare_finding *f, const char *name)
{
    for (size_t i = 0; i < f->fact_count; i++)
        if (bytes_is(bytes_text(f->facts[i].name), name))
            return true;
    return false;
}

static void write_facts(struct json *j, const struct compare_finding *f)
{
    const struct json_value *before = json_member(f->origin, "facts");

    json_object(j, "facts");
    for (size_t i = 0; i < f->fact_count; i++)
        line_fact(j, &f->facts[i]);
    for (const struct json_value *v = json_first(before); v != NULL; v = json_next(v))
        if (json_key(v) != NULL && !said_already(f, json_key(v)))
            copy_value(j, json_key(v), v);
    json_end(j);
}

static void write_evidence(struct json *j, const struct compare_finding *f)
{
    static const char *const members[] = {
            "exchange", "part", "offset", "length", "sha256", "frames", "filter", "file"};
    const struct json_value *places = json_member(f->origin, "evidence");

    json_array(j, "evidence");
    for (const struct json_value *v = json_first(places); v != NULL; v = json_next(v)) {
        json_object(j, NULL);
        json_string(j, "case", compare_role_name(COMPARE_A));
        for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
            if (json_member(v, members[i]) != NULL)
                copy_value(j, members[i], json_member(v, members[i]));
        json_end(j);
    }
    for (unsigned r = 0; r < COMPARE_CASES; r++) {
        for (size_t i = 0; i < f->cited_count[r]; i++) {
            json_object(j, NULL);
            json_string(j, "case", compare_role_name(r));
            json_text(j, "exchange", f->cited[r][i]);
            json_end(j);
        }
    }
    json_end(j);
}

static void write_verdicts(struct json *j, const struct compare_finding *f)
{
    json_object(j, "verdicts");
    for (unsigned r = 0; r < READINGS; r++)
        json_string(j, reading_name(r), verdict_name(f->verdicts[r]));
    json_end(j);
    json_object(j, "grounds");
    for (unsigned r = 0; r < READINGS; r++) {
        json_array(j, reading_name(r));
        for (size_t i = 0; i < f->ground_count[r]; i++)
            json_text(j, NULL, f->grounds[r][i]);
        json_end(j);
    }
    json_end(j);
}

static void write_text_or_null(struct json *j, const char *key, struct bytes text)
{
    if (text.n == 0)
        json_null(j, key);
    else
        json_text(j, key, text);
}

static void write_finding(
        struct json *j, const struct comparison *c, const struct compare_finding *f, size_t at)
{
    const char *origin = json_string_of(json_member(f->origin, "id"));
    char id[ID_TEXT];

    (void)snprintf(id, sizeof(id), "f%zu", at + 1);
    json_object(j, NULL);
    json_string(j, "id", id);
    json_string(j, "kind", f->kind);
    json_string(j, "change", compare_change_name(f->change));
    json_string(j, "restates", origin);
    write_text_or_null(j, "page_site", f->page_site);
    json_text(j, "recipient", f->recipient);
    json_text(j, "recipient_site", f->recipient_site);
    json_string(j, "owner", f->owner);
    json_string(j, "statement_en", f->statement_en);
    json_string(j, "statement_zh", f->statement_zh);
    write_items(j, "items", f->items[COMPARE_A], f->item_count[COMPARE_A]);
    write_all_items(j, c, f->items, f->item_count);
    write_facts(j, f);
    write_verdicts(j, f);
    write_evidence(j, f);
    json_array(j, "gaps");
    for (const struct json_value *v = json_first(json_member(f->origin, "gaps")); v != NULL;
            v = json_next(v))
        if (json_string_of(v) != NULL)
            json_string(j, NULL, json_string_of(v));
    json_end(j);
    json_end(j);
}

static void write_counts(struct json *j, const struct comparison *c)
{
    json_object(j, "counts");
    json_object(j, "values");
    for (unsigned r = 0; r < COMPARE_RESULTS; r++)
        if ((r >= COMPARE_CONTINUES) == c->before_after)
            json_unsigned(j, compare_result_name(r), c->rows->counts[r]);
    json_end(j);
    json_object(j, "findings");
    for (unsigned i = 0; i < CHANGES; i++)
        if ((i >= CHANGE_RETURNED) == c->before_after)
            json_unsigned(j, compare_change_name(i), c->findings->counts[i]);
    json_end(j);
    json_end(j);
}

/* before-after: who was sent something before, and how much after. */
static void write_recipients(struct json *j, const struct comparison *c)
{
    const struct compare_case *a = c->cases[COMPARE_A];

    json_array(j, "recipients");
    for (size_t i = 0; i < a->site_count; i++) {
        const struct compare_site *after =
                compare_find_site(c->cases[COMPARE_B], a->sites[i].site);

        json_object(j, NULL);
        json_text(j, "site", a->sites[i].site);
        json_unsigned(j, "exchanges_before", a->sites[i].exchanges);
        json_unsigned(j, "exchanges_after", after == NULL ? 0 : after->exchanges);
        json_string(j, "result", after == NULL ? "recipient-not-seen" : "continues");
        json_end(j);
    }
    json_end(j);
}

static void write_limits(
        struct json *j, const struct comparison *c, const char *key, bool chinese)
{
    struct compare_limit limits[COMPARE_LIMITS_MOST];
    size_t n = compare_limits(c, limits);
    char text[COMPARE_LIMIT_TEXT];

    json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        compare_limit_text(&limits[i], chinese, text);
        json_string(j, NULL, text);
    }
    json_end(j);
}

enum status compare_lines_write(const struct comparison *c, struct buf *out)
{
    struct json j;

    json_init(&j, out);
    j.pretty = true;
    json_object(&j, NULL);
    json_string(&j, "schema", "exhibit/compare/1");
    json_string(&j, "as", c->before_after ? "before-after" : "profiles");
    json_string(&j, "tool_version", c->tool_version);
    json_array(&j, "cases");
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        if (c->cases[r] != NULL)
            write_case(&j, c->cases[r], r);
    json_end(&j);
    write_counts(&j, c);
    if (c->before_after)
        write_recipients(&j, c);
    json_array(&j, "values");
    for (size_t i = 0; i < c->rows->n; i++)
        write_row(&j, c, &c->rows->at[i]);
    json_end(&j);
    json_array(&j, "findings");
    for (size_t i = 0; i < c->findings->n; i++)
        write_finding(&j, c, c->findings->at[i], i);
    json_end(&j);
    write_limits(&j, c, "cannot_show", false);
    write_limits(&j, c, "cannot_show_zh", true);
    json_end(&j);
    if (j.status == STATUS_OK)
        j.status = buf_append_u8(out, '\n');
    return j.status;
}
