/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/legal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/embed.h"
#include "base/file.h"
#include "base/json.h"

EMBED(rules_cn, "classify/rules/cn.json");
EMBED(rules_eu, "classify/rules/eu.json");
EMBED(rules_us, "classify/rules/us.json");

enum {
    PATH_TEXT = 4096,
    DATE_LENGTH = 10,
    ARENA_MOST = 16 << 20,
    RULE_TEXT = 160,
    SHOWN_MOST = 60, /* bytes of a wrong name in a message */
};

static const char schema[] = "exhibit/rules/1";
static const char *const table_names[LEGAL_TABLES] = {"cn.json", "eu.json", "us.json"};
static const char *const jurisdictions[LEGAL_TABLES] = {"cn", "eu", "us"};
static const char *const reading_names[READINGS] = {"alone", "combined", "broad"};
static const char *const basis_names[] = {"primary", "secondary", "knowledge"};

static const char *const fact_names[LEGAL_FACTS] = {
        [LEGAL_DIRECT_IDENTIFIER] = "direct-identifier",
        [LEGAL_ACCOUNT_IDENTIFIER] = "account-identifier",
        [LEGAL_DEVICE_IDENTIFIER] = "device-identifier",
        [LEGAL_IDENTIFIER] = "identifier",
        [LEGAL_PERSISTENT_IDENTIFIER] = "persistent-identifier",
        [LEGAL_SESSION_IDENTIFIER] = "session-identifier",
        [LEGAL_IDENTIFIER_WITH_DIRECT] = "identifier-with-direct",
        [LEGAL_IDENTIFIER_SHARED] = "identifier-shared",
        [LEGAL_HASHED_DIRECT] = "hashed-direct",
        [LEGAL_ACTIVITY] = "activity",
        [LEGAL_ACTIVITY_ALONE] = "activity-alone",
        [LEGAL_LOCATION] = "location",
        [LEGAL_TIME_AND_PLACE] = "time-and-place",
        [LEGAL_ADDRESS] = "address",
        [LEGAL_CONSENT_STRING] = "consent-string",
        [LEGAL_TITLE_WITH_ACCOUNT] = "title-with-account",
        [LEGAL_NAMES_NOBODY] = "names-nobody",
        [LEGAL_SESSION_ONE_SITE] = "session-one-site",
        [LEGAL_LOW_CARDINALITY] = "low-cardinality",
        [LEGAL_SENSITIVE] = "sensitive",
        [LEGAL_THIRD_PARTY] = "third-party",
        [LEGAL_CONTENT_THIRD_PARTY] = "content-third-party",
        [LEGAL_STORED_ON_TERMINAL] = "stored-on-terminal",
        [LEGAL_NO_CONSENT_SEEN] = "no-consent-seen",
        [LEGAL_CONSENT_EVENT] = "consent-event",
        [LEGAL_NOTICE] = "notice",
        [LEGAL_OPT_OUT_SIGNAL] = "opt-out-signal",
        [LEGAL_PERSONALISED] = "personalised",
        [LEGAL_FOREIGN_RECIPIENT] = "foreign-recipient",
        [LEGAL_REQUEST_ANSWER] = "request-answer",
        [LEGAL_COUNTS] = "counts",
        [LEGAL_MANUAL_USE] = "manual-use",
        [LEGAL_SAME_FOR_ALL] = "same-for-all",
        [LEGAL_AGGREGATE] = "aggregate",
        [LEGAL_SEARCH_TERM] = "search-term",
        [LEGAL_FINGERPRINT] = "fingerprint",
        [LEGAL_INPUT_RECORDING] = "input-recording",
        [LEGAL_REFUSED] = "refused",
        [LEGAL_ERASURE] = "erasure",
        [LEGAL_CLOAKED] = "cloaked",
        [LEGAL_RESPAWNED] = "respawned",
        [LEGAL_FROM_OTHERS] = "from-others",
        [LEGAL_MINORS] = "minors",
        [LEGAL_CONTEXT] = "context",
};

struct legal {
    struct arena *arena;
    struct legal_rule *rules;
    const struct legal_rule **by_id;
    size_t n, capacity;
    struct legal_table tables[LEGAL_TABLES];
};

/* Where the reader stands, for its faults. */
struct reader {
    struct legal *legal;
    const char *directory; /* NULL: the table in the program */
    const char *file;
    size_t at;      /* rule, from 1; 0: the head of the file */
    const char *id; /* of that rule; NULL until it is read */
    struct fault *fault;
};

const char *legal_fact_name(enum legal_fact fact)
{
    return (unsigned)fact < LEGAL_FACTS ? fact_names[fact] : "";
}

/* Names the file, the rule by number and id, and `what` is wrong with it. */
static enum status complain(const struct reader *r, const char *what, struct bytes which)
{
    char rule[RULE_TEXT] = "";

    if (r->at != 0)
        snprintf(rule, sizeof(rule), ", rule %zu%s%s%s", r->at, r->id == NULL ? "" : " (",
                r->id == NULL ? "" : r->id, r->id == NULL ? "" : ")");
    return fault_set(r->fault, STATUS_INPUT, "rule table %s%s%s%s: %s%s%.*s%s",
            r->directory == NULL ? "" : r->directory, r->directory == NULL ? "" : "/", r->file,
            rule, what, which.n == 0 ? "" : " \"",
            (int)(which.n < SHOWN_MOST ? which.n : SHOWN_MOST), (const char *)which.p,
            which.n == 0 ? "" : "\"");
}

static const struct bytes nothing_more = {(const uint8_t *)"", 0};

/* "YYYY-MM-DD" between 1900 and 2200; its first nanosecond. */
static bool read_date(const char *text, int64_t *ns)
{
    struct bytes b = bytes_text(text);
    uint64_t year, month, day;

    if (b.n != DATE_LENGTH || b.p[4] != '-' || b.p[7] != '-' ||
            !bytes_decimal(bytes_slice(b, 0, 4), &year) ||
            !bytes_decimal(bytes_slice(b, 5, 7), &month) ||
            !bytes_decimal(bytes_slice(b, 8, 10), &day))
        return false;
    if (year < 1900 || year > 2200 || !date_valid((int64_t)year, (int64_t)month, (int64_t)day))
        return false;
    *ns = date_days((int64_t)year, (int64_t)month, (int64_t)day) * 86400 * 1000000000;
    return true;
}

/* A text of an object, copied; STATUS_INPUT when it is missing, empty or too long. */
static enum status take_text(const struct reader *r, const struct json_value *object,
        const char *key, const char **out)
{
    const char *text = json_string_of(json_member(object, key));
    char *copy;

    if (text == NULL || text[0] == '\0' || strlen(text) > LEGAL_TEXT_MOST)
        return complain(r, "missing, empty or too long:", bytes_text(key));
    copy = arena_string(r->legal->arena, bytes_text(text));
    if (copy == NULL)
        return fault_set(r->fault, STATUS_NOMEM, "out of memory");
    *out = copy;
    return STATUS_OK;
}

/* null or false: json.h names every other kind, and these two mean the same here. */
static bool is_nothing(const struct json_value *v)
{
    double number;

    return v != NULL && json_string_of(v) == NULL && !json_number_of(v, &number) &&
           !json_is_true(v) && !json_is_array(v) && !json_is_object(v);
}

static enum status take_dates(
        const struct reader *r, const struct json_value *object, struct legal_rule *rule)
{
    enum status status = take_text(r, object, "valid_from", &rule->valid_from);
    int64_t last;

    if (status != STATUS_OK)
        return status;
    if (!read_date(rule->valid_from, &rule->from_ns))
        return complain(r, "valid_from is not a date", nothing_more);
    rule->valid_to = NULL;
    rule->end_ns = INT64_MAX;
    if (is_nothing(json_member(object, "valid_to")))
        return STATUS_OK;
    status = take_text(r, object, "valid_to", &rule->valid_to);
    if (status != STATUS_OK)
        return status;
    if (!read_date(rule->valid_to, &last) || last < rule->from_ns)
        return complain(r, "valid_to is not a date at or after valid_from", nothing_more);
    rule->end_ns = last + (int64_t)86400 * 1000000000;
    return STATUS_OK;
}

/* The bits of a list of names under `key`; every one must be known. */
static enum status take_names(const struct reader *r, const struct json_value *object,
        const char *key, const char *const *names, size_t n, uint64_t *out)
{
    const struct json_value *list = json_member(object, key);
    uint64_t bits = 0;

    if (!json_is_array(list))
        return complain(r, "not a list of names:", bytes_text(key));
    for (const struct json_value *v = json_first(list); v != NULL; v = json_next(v)) {
        const char *text = json_string_of(v);
        size_t i = 0;

        while (i < n && (text == NULL || strcmp(text, names[i]) != 0))
            i++;
        if (i == n && text != NULL)
            return complain(
                    r, n == READINGS ? "no such reading:" : "no such fact:", bytes_text(text));
        if (i == n)
            return complain(r, "not a list of names:", bytes_text(key));
        bits |= (uint64_t)1 << i;
    }
    *out = bits;
    return STATUS_OK;
}

static enum status take_basis(
        const struct reader *r, const struct json_value *object, struct legal_rule *rule)
{
    const char *text = json_string_of(json_member(object, "basis"));
    const struct json_value *lawyer = json_member(object, "lawyer_check");

    rule->basis = NULL;
    for (size_t i = 0; i < sizeof(basis_names) / sizeof(basis_names[0]); i++)
        if (text != NULL && strcmp(text, basis_names[i]) == 0)
            rule->basis = basis_names[i];
    if (rule->basis == NULL)
        return complain(r, "basis is not one of primary, secondary, knowledge", nothing_more);
    if (!json_is_true(lawyer) && !is_nothing(lawyer))
        return complain(r, "lawyer_check is neither true nor false", nothing_more);
    rule->lawyer_check = json_is_true(lawyer);
    return STATUS_OK;
}

static enum status take_rule(struct reader *r, const struct json_value *object)
{
    struct legal *l = r->legal;
    struct legal_rule rule = {0};
    struct legal_rule *rules;
    uint64_t readings = 0;
    const struct {
        const char *key;
        const char **to;
    } texts[] = {{"id", &rule.id}, {"law", &rule.law}, {"article", &rule.article},
            {"source", &rule.source}};
    const struct json_value *statement = json_member(object, "statement");
    enum status status = STATUS_OK;

    if (!json_is_object(object) || !json_is_object(statement))
        return complain(r, "not an object with a statement", nothing_more);
    for (size_t i = 0; status == STATUS_OK && i < sizeof(texts) / sizeof(texts[0]); i++) {
        status = take_text(r, object, texts[i].key, texts[i].to);
        r->id = rule.id;
    }
    if (status == STATUS_OK)
        status = take_text(r, statement, "en", &rule.statement_en);
    if (status == STATUS_OK)
        status = take_text(r, statement, "zh", &rule.statement_zh);
    if (status == STATUS_OK)
        status = take_dates(r, object, &rule);
    if (status == STATUS_OK)
        status = take_basis(r, object, &rule);
    if (status != STATUS_OK)
        return status;
    status = take_names(r, object, "readings", reading_names, READINGS, &readings);
    if (status == STATUS_OK)
        status = take_names(r, object, "facts", fact_names, LEGAL_FACTS, &rule.facts);
    if (status == STATUS_OK)
        status = take_names(r, object, "against", fact_names, LEGAL_FACTS, &rule.against);
    if (status != STATUS_OK)
        return status;
    if ((rule.facts | rule.against) == 0)
        return complain(
                r, "no fact is named that satisfies it or speaks against it", nothing_more);
    rule.readings = (unsigned)readings;
    if (l->n == LEGAL_RULES_MOST)
        return complain(r, "too many rules", nothing_more);
    rules = arena_grow(l->arena, l->rules, l->n, &l->capacity, sizeof(*rules));
    if (rules == NULL)
        return fault_set(r->fault, STATUS_NOMEM, "out of memory");
    l->rules = rules;
    rules[l->n++] = rule;
    return STATUS_OK;
}

static enum status take_document(
        struct reader *r, const struct json_value *document, size_t which)
{
    struct legal_table *table = &r->legal->tables[which];
    const struct json_value *rules = json_member(document, "rules");
    const char *stated = json_string_of(json_member(document, "schema"));
    size_t before = r->legal->n;
    enum status status;
    int64_t ns;

    if (!json_is_object(document) || stated == NULL || strcmp(stated, schema) != 0 ||
            !json_is_array(rules))
        return complain(r, "not of schema", bytes_text(schema));
    status = take_text(r, document, "jurisdiction", &table->jurisdiction);
    if (status == STATUS_OK)
        status = take_text(r, document, "version", &table->version);
    if (status == STATUS_OK)
        status = take_text(r, document, "date", &table->date);
    if (status != STATUS_OK)
        return status;
    if (strcmp(table->jurisdiction, jurisdictions[which]) != 0 || !read_date(table->date, &ns))
        return complain(r, "the file's jurisdiction or date is not right", nothing_more);
    for (const struct json_value *v = json_first(rules); v != NULL; v = json_next(v)) {
        r->at++;
        r->id = NULL;
        status = take_rule(r, v);
        if (status != STATUS_OK)
            return status;
    }
    for (size_t i = before; i < r->legal->n; i++)
        r->legal->rules[i].jurisdiction = table->jurisdiction;
    table->rules = r->legal->n - before;
    return STATUS_OK;
}

static enum status take_table(struct legal *l, const char *directory, struct bytes text,
        size_t which, struct fault *fault)
{
    struct reader r = {
            .legal = l, .directory = directory, .file = table_names[which], .fault = fault};
    struct fault inner = {0};
    struct json_value *document;
    enum status status;

    l->tables[which].name = table_names[which];
    if (text.n > LEGAL_BYTES_MOST)
        return complain(&r, "longer than a megabyte", nothing_more);
    if (!bytes_is_utf8(text))
        return complain(&r, "not UTF-8", nothing_more);
    if (!sha256_text(text, l->tables[which].sha256))
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    document = json_parse(text, &inner);
    if (document == NULL && inner.status == STATUS_NOMEM)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    if (document == NULL)
        return complain(&r, inner.text, nothing_more);
    status = take_document(&r, document, which);
    json_free(document);
    return status;
}

static int by_id(const void *a, const void *b)
{
    const struct legal_rule *const *left = a;
    const struct legal_rule *const *right = b;

    return strcmp((*left)->id, (*right)->id);
}

static enum status index_rules(struct legal *l, struct fault *fault)
{
    l->by_id = arena_array(l->arena, l->n, sizeof(const struct legal_rule *));
    if (l->by_id == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    for (size_t i = 0; i < l->n; i++)
        l->by_id[i] = &l->rules[i];
    if (l->n != 0)
        qsort(l->by_id, l->n, sizeof(l->by_id[0]), by_id);
    for (size_t i = 1; i < l->n; i++)
        if (strcmp(l->by_id[i - 1]->id, l->by_id[i]->id) == 0)
            return fault_set(fault, STATUS_INPUT,
                    "rule tables: rule %s is given twice (in %s.json and %s.json)",
                    l->by_id[i]->id, l->by_id[i - 1]->jurisdiction, l->by_id[i]->jurisdiction);
    return STATUS_OK;
}

static struct legal *read_tables(
        const char *directory, const struct bytes texts[LEGAL_TABLES], struct fault *fault)
{
    struct legal *l = calloc(1, sizeof(*l));
    enum status status = STATUS_OK;

    if (l != NULL)
        l->arena = arena_new(ARENA_MOST);
    if (l == NULL || l->arena == NULL) {
        fault_set(fault, STATUS_NOMEM, "out of memory");
        legal_free(l);
        return NULL;
    }
    for (size_t i = 0; status == STATUS_OK && i < LEGAL_TABLES; i++)
        status = take_table(l, directory, texts[i], i, fault);
    if (status == STATUS_OK)
        status = index_rules(l, fault);
    if (status != STATUS_OK) {
        legal_free(l);
        return NULL;
    }
    return l;
}

struct legal *legal_new_from(const struct bytes texts[LEGAL_TABLES], struct fault *fault)
{
    return read_tables(NULL, texts, fault);
}

static enum status read_table(
        const char *directory, const char *name, struct buf *out, struct fault *fault)
{
    char path[PATH_TEXT];
    int length = snprintf(path, sizeof(path), "%s/%s", directory, name);

    if (length < 0 || (size_t)length >= sizeof(path))
        return fault_set(fault, STATUS_USAGE, "%s: the path is too long", directory);
    return file_read(path, "table of rules", out, fault);
}

struct legal *legal_new(const char *directory, struct fault *fault)
{
    struct bytes texts[LEGAL_TABLES] = {
            EMBEDDED(rules_cn), EMBEDDED(rules_eu), EMBEDDED(rules_us)};
    struct buf files[LEGAL_TABLES];
    enum status status = STATUS_OK;
    struct legal *l = NULL;

    for (size_t i = 0; i < LEGAL_TABLES; i++)
        buf_init(&files[i], LEGAL_BYTES_MOST);
    for (size_t i = 0; directory != NULL && status == STATUS_OK && i < LEGAL_TABLES; i++) {
        status = read_table(directory, table_names[i], &files[i], fault);
        texts[i] = buf_view(&files[i]);
    }
    if (status == STATUS_OK)
        l = read_tables(directory, texts, fault);
    for (size_t i = 0; i < LEGAL_TABLES; i++)
        buf_clear(&files[i]);
    return l;
}

void legal_free(struct legal *l)
{
    if (l == NULL)
        return;
    arena_free(l->arena);
    free(l);
}

const struct legal_rule *legal_find(const struct legal *l, const char *id)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(l->by_id[middle]->id, id);

        if (order == 0)
            return l->by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool legal_valid_at(const struct legal_rule *rule, int64_t when_ns)
{
    return rule->from_ns <= when_ns && when_ns < rule->end_ns;
}

size_t legal_count(const struct legal *l)
{
    return l->n;
}

const struct legal_rule *legal_rule_at(const struct legal *l, size_t at)
{
    return at < l->n ? &l->rules[at] : NULL;
}

const struct legal_table *legal_tables(const struct legal *l)
{
    return l->tables;
}

size_t legal_grounds(const struct legal *l, enum reading reading, uint64_t facts, bool against,
        int64_t when_ns, const char **out, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n && n < most; i++) {
        const struct legal_rule *rule = &l->rules[i];
        uint64_t asked = against ? rule->against : rule->facts;

        if ((asked & facts) != 0 && (rule->readings >> reading & 1) != 0 &&
                legal_valid_at(rule, when_ns))
            out[n++] = rule->id;
    }
    return n;
}
