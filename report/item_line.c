/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "classify/search.h"
#include "report/filter.h"
#include "report/lines.h"

enum { ID_TEXT = 32 };

#define DAY_S INT64_C(86400)

static void write_id(struct json *j, const char *key, char letter, uint64_t number)
{
    char text[ID_TEXT];

    (void)snprintf(text, sizeof(text), "%c%" PRIu64, letter, number);
    json_string(j, key, text);
}

static void write_exchange(
        struct json *j, const char *key, const struct evidence *e, size_t index)
{
    char id[EXCHANGE_ID_TEXT];

    exchange_id(e->exchanges[index], id);
    json_string(j, key, id);
}

static void write_hash(struct json *j, const char *key, struct bytes value)
{
    char hex[SHA256_TEXT];

    if (sha256_text(value, hex))
        json_string(j, key, hex);
    else
        j->status = STATUS_NOMEM;
}

/* "name=value; flag" as an object; a flag's value is true. */
static void write_attributes(struct json *j, struct bytes attributes)
{
    struct bytes part, name;
    char key[64];

    json_object(j, "attributes");
    while (attributes.n != 0) {
        bool has_value;

        if (!bytes_take_until(&attributes, ';', &part)) {
            part = attributes;
            attributes.n = 0;
        }
        part = bytes_trim(part);
        has_value = bytes_take_until(&part, '=', &name);
        if (!has_value)
            name = part;
        name = bytes_trim(name);
        if (name.n == 0 || name.n >= sizeof(key) || !bytes_is_utf8(name) ||
                bytes_has(name, '\0'))
            continue;
        memcpy(key, name.p, name.n);
        key[name.n] = '\0';
        if (has_value)
            json_text(j, key, bytes_trim(part));
        else
            json_bool(j, key, true);
    }
    json_end(j);
}

void line_verdicts(struct json *j, const enum verdict verdicts[READINGS],
        const char *const grounds[READINGS][TRACE_GROUNDS_MOST], const size_t counts[READINGS])
{
    json_object(j, "verdicts");
    for (int r = 0; r < READINGS; r++)
        json_string(j, reading_name((enum reading)r), verdict_name(verdicts[r]));
    json_end(j);
    json_object(j, "grounds");
    for (int r = 0; r < READINGS; r++) {
        json_array(j, reading_name((enum reading)r));
        for (size_t i = 0; i < counts[r]; i++)
            json_string(j, NULL, grounds[r][i]);
        json_end(j);
    }
    json_end(j);
}

static void write_setter(struct json *j, const struct evidence *e, const struct trace *t)
{
    json_object(j, "set_by");
    if (t->set_by == ATTRIBUTION_NONE)
        json_null(j, "exchange");
    else
        write_exchange(j, "exchange", e, (size_t)t->set_by);
    json_string(j, "how", t->set_how == NULL ? "unknown" : t->set_how);
    json_end(j);
}

static void write_score(struct json *j, const struct trace *t)
{
    json_object(j, "score");
    json_integer(j, "points", t->score);
    json_unsigned(j, "bits", t->bits);
    json_array(j, "terms");
    for (size_t i = 0; i < t->term_count; i++) {
        json_object(j, NULL);
        json_integer(j, "points", t->terms[i].points);
        json_string(j, "code", t->terms[i].code);
        json_string(j, "text", t->terms[i].text_en);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

/* Each exchange once, in order; places of one exchange stand together. */
static void write_exchanges(struct json *j, const struct evidence *e, const struct trace *t)
{
    json_array(j, "exchanges");
    for (size_t i = 0; i < t->place_count; i++) {
        if (i == 0 || t->places[i].exchange != t->places[i - 1].exchange)
            write_exchange(j, NULL, e, t->places[i].exchange);
    }
    json_end(j);
    json_unsigned(j, "occurrences", t->count);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* The gaps of the exchanges that places stand in, each once, in order. */
static void write_gaps(
        struct json *j, const struct evidence *e, const struct place *places, size_t n)
{
    uint32_t *ids = calloc(n * EXCHANGE_GAPS_MOST + 1, sizeof(*ids));
    size_t count = 0;

    json_array(j, "gaps");
    for (size_t i = 0; ids != NULL && i < n; i++) {
        const struct exchange *x = e->exchanges[places[i].exchange];

        if (i != 0 && places[i].exchange == places[i - 1].exchange)
            continue;
        for (size_t k = 0; k < x->gap_count; k++)
            ids[count++] = evidence_gap(e, x->connection, x->gaps[k]);
    }
    if (ids == NULL)
        j->status = STATUS_NOMEM;
    else if (count != 0)
        qsort(ids, count, sizeof(*ids), by_number);
    for (size_t i = 0; i < count; i++) {
        if (ids[i] != 0 && (i == 0 || ids[i] != ids[i - 1]))
            write_id(j, NULL, 'g', ids[i]);
    }
    json_end(j);
    free(ids);
}

/* Which of the values that the person declared it holds: by name and number. */
static void write_declared(struct json *j, const struct trace *t)
{
    if (t->declared_as == NULL) {
        json_null(j, "declared");
        return;
    }
    json_object(j, "declared");
    json_text(j, "label", t->declared_as->label);
    json_unsigned(j, "number", t->declared_as->number);
    json_bool(j, "partial", t->declared->variant != NULL && t->declared->variant->partial);
    json_end(j);
}

void line_item(struct json *j, const struct evidence *e, const struct trace *t)
{
    json_object(j, NULL);
    write_id(j, "id", 'i', t->number);
    json_string(j, "carrier", carrier_name(t->carrier));
    json_text(j, "name", t->name);
    if (t->masked)
        json_null(j, "value");
    else
        json_text(j, "value", t->value);
    if (!t->masked && !bytes_equal(t->value, t->decoded))
        json_text(j, "decoded", t->decoded);
    if (t->inside != NULL)
        json_string(j, "inside", t->inside);
    write_hash(j, "value_sha256", t->value);
    json_unsigned(j, "value_bytes", t->value.n);
    json_text(j, "recipient", t->recipient);
    json_text(j, "recipient_site", t->recipient_site);
    json_string(j, "party", party_name(t->party));
    json_string(j, "owner", t->owner);
    write_setter(j, e, t);
    write_attributes(j, t->attributes);
    if (t->lifetime_s < 0)
        json_null(j, "lifetime_days");
    else
        json_integer(j, "lifetime_days", (t->lifetime_s + DAY_S / 2) / DAY_S);
    json_array(j, "pages");
    for (size_t i = 0; i < t->page_count; i++)
        json_text(j, NULL, t->pages[i]);
    json_end(j);
    write_exchanges(j, e, t);
    json_time(j, "first_time", t->first_ns);
    json_time(j, "last_time", t->last_ns);
    json_string(j, "consent", consent_state_name(t->consent));
    json_string(j, "class", trace_class_name(t->class_));
    json_array(j, "facts");
    for (size_t i = 0; i < t->fact_count; i++)
        json_string(j, NULL, t->facts[i]);
    json_end(j);
    write_declared(j, t);
    json_string(j, "grade", grade_name(t->grade));
    write_score(j, t);
    json_object(j, "sensitive");
    json_string(j, "result", sensitive_result_name(t->sensitive.result));
    if (t->sensitive.category != NULL)
        json_string(j, "category", t->sensitive.category);
    json_string(j, "why", t->sensitive.en);
    json_end(j);
    line_verdicts(j, t->verdicts, t->grounds, t->ground_count);
    write_gaps(j, e, t->places, t->place_count);
    json_end(j);
}

void line_fact(struct json *j, const struct finding_fact *f)
{
    switch (f->kind) {
    case FACT_TEXT:
        json_text(j, f->name, f->text);
        break;
    case FACT_NUMBER:
        json_integer(j, f->name, f->number);
        break;
    case FACT_LIST:
        json_array(j, f->name);
        for (size_t i = 0; i < f->list_count; i++)
            json_text(j, NULL, f->list[i]);
        json_end(j);
        break;
    }
}

struct bytes line_place_bytes(const struct evidence *e, const struct place *p)
{
    const struct exchange *x = e->exchanges[p->exchange];
    const struct message *m = strncmp(p->part, "request", 7) == 0 ? &x->request : &x->response;
    const char *dot = strrchr(p->part, '.');
    struct bytes whole = {0};
    uint64_t index;

    if (strcmp(p->part, "request.path") == 0)
        whole = x->path;
    else if (dot != NULL && strcmp(dot, ".body") == 0)
        whole = evidence_body(e, &m->body);
    else if (dot != NULL && bytes_decimal(bytes_text(dot + 1), &index) &&
             index < m->header_count)
        whole = m->headers[index].value;
    return bytes_slice(whole, (size_t)p->off, (size_t)(p->off + p->len));
}

static const struct message *message_of(const struct evidence *e, const struct place *p)
{
    const struct exchange *x = e->exchanges[p->exchange];

    return strncmp(p->part, "request", 7) == 0 ? &x->request : &x->response;
}

/* A Wireshark display filter that finds the frames; frames count anew in each file. */
static void write_filter(struct json *j, const struct evidence *e, const struct message *m)
{
    const struct evidence_file *file = NULL;
    struct buf text;

    buf_init(&text, 4096);
    if (filter_frames(e, m, &file, &text) != STATUS_OK) {
        j->status = STATUS_NOMEM;
    } else if (file == NULL) {
        json_null(j, "filter");
    } else {
        json_text(j, "filter", buf_view(&text));
        if (e->file_count > 1)
            json_string(j, "file", file->name);
    }
    buf_clear(&text);
}

/* A place that is a connection as such stands for its first packet. */
static void write_beginning(struct json *j, const struct evidence *e, const struct place *p)
{
    const struct connection *c = evidence_connection(e, e->exchanges[p->exchange]);
    const struct evidence_file *file = c == NULL ? NULL : evidence_file_of(e, c->first_packet);
    char filter[64];

    json_object(j, NULL);
    write_exchange(j, "exchange", e, p->exchange);
    json_string(j, "part", p->part);
    json_unsigned(j, "offset", 0);
    json_unsigned(j, "length", 0);
    json_null(j, "sha256");
    json_array(j, "frames");
    if (c != NULL && c->first_packet != 0)
        json_unsigned(j, NULL, c->first_packet);
    json_end(j);
    if (file == NULL) {
        json_null(j, "filter");
    } else {
        (void)snprintf(filter, sizeof(filter), "frame.number == %" PRIu64,
                c->first_packet - file->first_frame + 1);
        json_string(j, "filter", filter);
        if (e->file_count > 1)
            json_string(j, "file", file->name);
    }
    json_end(j);
}

static void write_place(struct json *j, const struct evidence *e, const struct place *p)
{
    const struct message *m = message_of(e, p);
    struct bytes cited = line_place_bytes(e, p);
    bool body = strstr(p->part, ".body") != NULL;

    if (strcmp(p->part, "connection") == 0) {
        write_beginning(j, e, p);
        return;
    }
    json_object(j, NULL);
    write_exchange(j, "exchange", e, p->exchange);
    json_string(j, "part", p->part);
    json_unsigned(j, "offset", p->off);
    json_unsigned(j, "length", p->len);
    if (cited.n == p->len)
        write_hash(j, "sha256", cited);
    else
        json_null(j, "sha256");
    json_array(j, "frames");
    for (size_t i = 0; i < m->frames_listed && (body || i < m->head_frames); i++)
        json_unsigned(j, NULL, m->frames[i]);
    json_end(j);
    write_filter(j, e, m);
    json_end(j);
}

static void write_objection(struct json *j, const struct finding *f)
{
    if (f->objection_en == NULL) {
        json_null(j, "objection");
        return;
    }
    json_object(j, "objection");
    json_string(j, "en", f->objection_en);
    json_string(j, "zh", f->objection_zh);
    json_string(j, "answer_en", f->answer_en);
    json_string(j, "answer_zh", f->answer_zh);
    json_end(j);
}

void line_finding(struct json *j, const struct evidence *e, const struct finding *f)
{
    json_object(j, NULL);
    write_id(j, "id", 'f', f->number);
    json_string(j, "kind", f->kind);
    if (f->page_site.n == 0)
        json_null(j, "page_site");
    else
        json_text(j, "page_site", f->page_site);
    json_text(j, "recipient", f->recipient);
    json_text(j, "recipient_site", f->recipient_site);
    json_string(j, "owner", f->owner);
    json_string(j, "statement_en", f->statement_en);
    json_string(j, "statement_zh", f->statement_zh);
    json_array(j, "items");
    for (size_t i = 0; i < f->trace_count; i++)
        write_id(j, NULL, 'i', f->traces[i]->number);
    json_end(j);
    json_object(j, "facts");
    for (size_t i = 0; i < f->fact_count; i++)
        line_fact(j, &f->facts[i]);
    json_end(j);
    json_string(j, "grade", grade_name(f->grade));
    write_objection(j, f);
    line_verdicts(j, f->verdicts, f->grounds, f->ground_count);
    json_array(j, "evidence");
    for (size_t i = 0; i < f->evidence_count; i++)
        write_place(j, e, &f->evidence[i]);
    json_end(j);
    write_gaps(j, e, f->evidence, f->evidence_count);
    json_end(j);
}
