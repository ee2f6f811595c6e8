/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/party.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/embed.h"

EMBED(parties_csv, "classify/data/parties.csv");

enum {
    DATE_TEXT = 11,
    HOST_MOST = 253, /* RFC 1035 section 2.3.4, without the final dot */
    LABEL_MOST = 63,
    LINES_MOST = 2 * PARTIES_ROWS_MOST,
    /* The arena rounds every string up; a row has eight of them. */
    ARENA_MOST = 3 * PARTIES_BYTES_MOST + PARTIES_ROWS_MOST * 256,
};

enum column {
    COLUMN_DOMAIN,
    COLUMN_OWNER_EN,
    COLUMN_OWNER_ZH,
    COLUMN_GROUP,
    COLUMN_COUNTRY,
    COLUMN_PURPOSE,
    COLUMN_CONFIDENCE,
    COLUMN_NOTES,
    COLUMNS,
};

static const char *const column_names[COLUMNS] = {
        "domain", "owner_en", "owner_zh", "group", "country", "purpose", "confidence", "notes"};

struct parties {
    struct arena *arena;
    struct party_owner *rows; /* by domain */
    size_t n, capacity;
    char date[DATE_TEXT];
    char sha256[SHA256_TEXT];
};

/* One record of the CSV, its fields unquoted. */
struct record {
    uint8_t text[COLUMNS][PARTIES_FIELD_MOST];
    size_t n[COLUMNS];
    size_t fields;
};

/* Takes one field up to its comma or line end; `*last` when the line ended. RFC 4180 section
 * 2: quotes only around a whole field, doubled inside it. */
static bool take_field(struct bytes *in, uint8_t out[PARTIES_FIELD_MOST], size_t *n, bool *last)
{
    bool quoted = in->n != 0 && in->p[0] == '"';
    size_t made = 0, at = quoted ? 1 : 0;

    for (;; at++) {
        uint8_t c = at < in->n ? in->p[at] : (uint8_t)'\n';

        if (quoted && at >= in->n)
            return false;
        if (quoted && c == '"') {
            if (at + 1 >= in->n || in->p[at + 1] != '"') {
                quoted = false;
                c = ++at < in->n ? in->p[at] : (uint8_t)'\n';
                if (c != ',' && c != '\r' && c != '\n')
                    return false;
            } else {
                at++;
            }
        } else if (!quoted && c == '"') {
            return false;
        }
        if (!quoted && (c == ',' || c == '\n' || c == '\r'))
            break;
        /* A field is one line of text: control characters have no business in it. */
        if (made == PARTIES_FIELD_MOST || c < 0x20 || c == 0x7f)
            return false;
        out[made++] = c;
    }
    *last = at >= in->n || in->p[at] != ',';
    if (at < in->n && in->p[at] == '\r' && (++at >= in->n || in->p[at] != '\n'))
        return false;
    *in = bytes_slice(*in, at + 1, in->n);
    *n = made;
    return true;
}

static bool take_record(struct bytes *in, struct record *r)
{
    bool last = false;

    r->fields = 0;
    while (!last) {
        if (r->fields == COLUMNS ||
                !take_field(in, r->text[r->fields], &r->n[r->fields], &last))
            return false;
        r->fields++;
    }
    return true;
}

static struct bytes field(const struct record *r, enum column c)
{
    return bytes_of(r->text[c], r->n[c]);
}

/* A name of at least two labels of lower-case letters, digits, "-" and "_". */
static bool is_domain(struct bytes text)
{
    size_t label = 0, labels = 1;

    if (text.n > HOST_MOST)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            labels++;
        } else if ((!ascii_is_alnum(c) && c != '-' && c != '_') || c != ascii_lower(c) ||
                   ++label > LABEL_MOST) {
            return false;
        }
    }
    return label != 0 && labels > 1;
}

static bool is_country(struct bytes text)
{
    return text.n == 0 || (text.n == 2 && text.p[0] >= 'A' && text.p[0] <= 'Z' &&
                                  text.p[1] >= 'A' && text.p[1] <= 'Z');
}

static bool read_confidence(struct bytes text, enum party_confidence *out)
{
    if (bytes_is(text, "high"))
        *out = PARTY_CONFIDENCE_HIGH;
    else if (bytes_is(text, "medium"))
        *out = PARTY_CONFIDENCE_MEDIUM;
    else if (bytes_is(text, "unknown"))
        *out = PARTY_CONFIDENCE_UNKNOWN;
    else
        return false;
    return true;
}

static enum status add_row(
        struct parties *p, const struct record *r, size_t line, struct fault *fault)
{
    const char *text[COLUMNS];
    enum party_confidence confidence;
    struct party_owner *rows;

    if (r->fields != COLUMNS || !is_domain(field(r, COLUMN_DOMAIN)) ||
            !is_country(field(r, COLUMN_COUNTRY)) ||
            !read_confidence(field(r, COLUMN_CONFIDENCE), &confidence))
        return fault_set(fault, STATUS_INPUT,
                "party table, record %zu: not a row of %d columns with a domain, a country "
                "code and a confidence",
                line, (int)COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        if (!bytes_is_utf8(bytes_of(r->text[i], r->n[i])))
            return fault_set(fault, STATUS_INPUT, "party table, record %zu: not UTF-8", line);
    if ((confidence == PARTY_CONFIDENCE_UNKNOWN) != (r->n[COLUMN_OWNER_EN] == 0))
        return fault_set(fault, STATUS_INPUT,
                "party table, record %zu: an owner and confidence \"unknown\" exclude each "
                "other",
                line);
    if (p->n == PARTIES_ROWS_MOST)
        return fault_set(
                fault, STATUS_INPUT, "party table: more than %d rows", (int)PARTIES_ROWS_MOST);
    rows = arena_grow(p->arena, p->rows, p->n, &p->capacity, sizeof(*rows));
    if (rows == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    p->rows = rows;
    for (size_t i = 0; i < COLUMNS; i++) {
        text[i] = NULL;
        if (r->n[i] == 0)
            continue;
        text[i] = arena_string(p->arena, bytes_of(r->text[i], r->n[i]));
        if (text[i] == NULL)
            return fault_set(fault, STATUS_NOMEM, "out of memory");
    }
    rows[p->n++] = (struct party_owner){.domain = text[COLUMN_DOMAIN],
            .owner_en = text[COLUMN_OWNER_EN],
            .owner_zh = text[COLUMN_OWNER_ZH],
            .group = text[COLUMN_GROUP],
            .country = text[COLUMN_COUNTRY],
            .purpose = text[COLUMN_PURPOSE],
            .notes = text[COLUMN_NOTES],
            .confidence = confidence};
    return STATUS_OK;
}

static void read_comment(struct parties *p, struct bytes line)
{
    static const char key[] = "# date: ";
    struct bytes rest = line;

    if (!bytes_starts(line, BYTES_LITERAL(key)) || !bytes_skip(&rest, sizeof(key) - 1) ||
            rest.n != DATE_TEXT - 1 || rest.p[4] != '-' || rest.p[7] != '-')
        return;
    for (size_t i = 0; i < rest.n; i++)
        if (i != 4 && i != 7 && !ascii_is_digit(rest.p[i]))
            return;
    memcpy(p->date, rest.p, rest.n);
}

static bool is_header(const struct record *r)
{
    if (r->fields != COLUMNS)
        return false;
    for (size_t i = 0; i < COLUMNS; i++)
        if (!bytes_is(bytes_of(r->text[i], r->n[i]), column_names[i]))
            return false;
    return true;
}

static int by_domain(const void *a, const void *b)
{
    const struct party_owner *left = a, *right = b;

    return strcmp(left->domain, right->domain);
}

static enum status read_rows(struct parties *p, struct bytes csv, struct fault *fault)
{
    struct record *r = calloc(1, sizeof(*r));
    enum status status = STATUS_OK;
    struct bytes line;
    size_t records = 1;

    if (r == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    while (csv.n != 0 && csv.p[0] == '#' && bytes_take_line(&csv, &line))
        read_comment(p, line);
    if (!take_record(&csv, r) || !is_header(r))
        status = fault_set(fault, STATUS_INPUT, "party table: no header line");
    while (status == STATUS_OK && csv.n != 0) {
        records++;
        if (records > LINES_MOST || !take_record(&csv, r))
            status =
                    fault_set(fault, STATUS_INPUT, "party table, record %zu: not CSV", records);
        else
            status = add_row(p, r, records, fault);
    }
    free(r);
    if (status != STATUS_OK)
        return status;
    if (p->n != 0)
        qsort(p->rows, p->n, sizeof(*p->rows), by_domain);
    for (size_t i = 1; i < p->n; i++)
        if (strcmp(p->rows[i - 1].domain, p->rows[i].domain) == 0)
            return fault_set(
                    fault, STATUS_INPUT, "party table: %s is named twice", p->rows[i].domain);
    return STATUS_OK;
}

struct parties *parties_new_from(struct bytes csv, struct fault *fault)
{
    struct parties *p;

    if (csv.n > PARTIES_BYTES_MOST) {
        fault_set(fault, STATUS_INPUT, "party table: more than %d bytes",
                (int)PARTIES_BYTES_MOST);
        return NULL;
    }
    p = calloc(1, sizeof(*p));
    if (p != NULL)
        p->arena = arena_new(ARENA_MOST);
    if (p == NULL || p->arena == NULL || !sha256_text(csv, p->sha256)) {
        fault_set(fault, STATUS_NOMEM, "out of memory");
        parties_free(p);
        return NULL;
    }
    if (read_rows(p, csv, fault) != STATUS_OK) {
        parties_free(p);
        return NULL;
    }
    return p;
}

struct parties *parties_new(void)
{
    return parties_new_from(EMBEDDED(parties_csv), NULL);
}

void parties_free(struct parties *p)
{
    if (p == NULL)
        return;
    arena_free(p->arena);
    free(p);
}

static const struct party_owner *find_exact(const struct parties *p, const char *domain)
{
    size_t low = 0, high = p->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(p->rows[middle].domain, domain);

        if (order == 0)
            return &p->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct party_owner *parties_find(const struct parties *p, struct bytes host)
{
    char name[HOST_MOST + 1];
    const char *rest = name;

    if (host.n != 0 && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n == 0 || host.n > HOST_MOST || bytes_has(host, 0))
        return NULL;
    for (size_t i = 0; i < host.n; i++)
        name[i] = (char)ascii_lower(host.p[i]);
    name[host.n] = '\0';
    while (rest != NULL) {
        const struct party_owner *found = find_exact(p, rest);

        if (found != NULL)
            return found;
        rest = strchr(rest, '.');
        if (rest != NULL)
            rest++;
    }
    return NULL;
}

bool parties_same_group(const struct party_owner *a, const struct party_owner *b)
{
    return a != NULL && b != NULL && a->group != NULL && b->group != NULL &&
           strcmp(a->group, b->group) == 0;
}

size_t parties_rows(const struct parties *p)
{
    return p->n;
}

const char *parties_date(const struct parties *p)
{
    return p->date;
}

const char *parties_sha256(const struct parties *p)
{
    return p->sha256;
}

const struct party_owner *parties_row(const struct parties *p, size_t at)
{
    return at < p->n ? &p->rows[at] : NULL;
}
