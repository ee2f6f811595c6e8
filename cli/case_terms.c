/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case_terms.h"

#include <stdlib.h>
#include <string.h>

#include "classify/variant.h"

enum { BODY_MOST = 16 << 20, ESCAPED_MOST = 12 * CASE_TERM_TEXT_MOST };

#define READ_MOST ((uint64_t)2 << 30) /* of bodies that are looked through for one case */

static int by_text(const void *a, const void *b)
{
    const struct case_term *left = a, *right = b;
    int order = bytes_compare(left->text, right->text);

    return order == 0 ? bytes_compare(left->site, right->site) : order;
}

size_t case_items_terms(const struct compare_case *c, struct case_term out[CASE_TERMS_MOST])
{
    size_t n = 0, kept = 0;

    for (const struct json_value *f = json_first(c->findings); f != NULL && n < CASE_TERMS_MOST;
            f = json_next(f)) {
        const char *term = json_string_of(json_member(json_member(f, "facts"), "term"));
        const char *site = json_string_of(json_member(f, "recipient_site"));

        if (term != NULL && site != NULL && term[0] != '\0' &&
                strlen(term) <= CASE_TERM_TEXT_MOST)
            out[n++] = (struct case_term){bytes_text(term), bytes_text(site)};
    }
    if (n != 0)
        qsort(out, n, sizeof(*out), by_text);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || by_text(&out[i], &out[kept - 1]) != 0)
            out[kept++] = out[i];
    return kept;
}

/* Of valid UTF-8. */
static uint32_t take_character(struct bytes *text)
{
    uint32_t c = text->p[0];
    size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

    c = more == 3 ? c & 0x07 : more == 2 ? c & 0x0f : more == 1 ? c & 0x1f : c;
    for (size_t i = 1; i <= more && i < text->n; i++)
        c = c << 6 | (text->p[i] & 0x3f);
    *text = bytes_slice(*text, more + 1, text->n);
    return c;
}

static enum status put_unit(struct buf *out, uint32_t unit, const char *digits)
{
    const uint8_t text[] = {'\\', 'u', (uint8_t)digits[unit >> 12 & 15],
            (uint8_t)digits[unit >> 8 & 15], (uint8_t)digits[unit >> 4 & 15],
            (uint8_t)digits[unit & 15]};

    return buf_append(out, bytes_of(text, sizeof(text)));
}

/* RFC 8259 section 7: what is not ASCII as \uXXXX, two of them beyond the first plane. */
static enum status put_escaped(struct buf *out, struct bytes text, const char *digits)
{
    enum status status = STATUS_OK;

    while (text.n != 0 && status == STATUS_OK) {
        uint32_t c = take_character(&text);

        if (c < 0x80) {
            status = buf_append_u8(out, (uint8_t)c);
        } else if (c < 0x10000) {
            status = put_unit(out, c, digits);
        } else {
            status = put_unit(out, 0xd800 + ((c - 0x10000) >> 10 & 0x3ff), digits);
            if (status == STATUS_OK)
                status = put_unit(out, 0xdc00 + (c & 0x3ff), digits);
        }
    }
    return status;
}

static enum status put_percent(struct buf *out, struct bytes text, const char *digits)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < text.n && status == STATUS_OK; i++) {
        const uint8_t escape[] = {
                '%', (uint8_t)digits[text.p[i] >> 4], (uint8_t)digits[text.p[i] & 15]};

        status = ascii_is_alnum(text.p[i]) ? buf_append_u8(out, text.p[i])
                                           : buf_append(out, bytes_of(escape, sizeof(escape)));
    }
    return status;
}

/* Adds a form, unless it is there. */
static bool add_form(struct arena *arena, struct bytes forms[CASE_TERM_FORMS_MOST], size_t *n,
        struct bytes text)
{
    for (size_t i = 0; i < *n; i++)
        if (bytes_equal(forms[i], text))
            return true;
    if (*n == CASE_TERM_FORMS_MOST || text.n == 0)
        return true;
    if (!arena_copy(arena, text, &forms[*n]))
        return false;
    (*n)++;
    return true;
}

typedef enum status put_form(struct buf *out, struct bytes text, const char *digits);

static bool add_coded(struct arena *arena, struct bytes forms[CASE_TERM_FORMS_MOST], size_t *n,
        struct bytes text, put_form *put)
{
    static const char *const digits[] = {"0123456789abcdef", "0123456789ABCDEF"};
    bool ok = true;

    for (size_t i = 0; i < 2 && ok; i++) {
        struct buf out;

        buf_init(&out, ESCAPED_MOST);
        ok = put(&out, text, digits[i]) == STATUS_OK &&
             add_form(arena, forms, n, buf_view(&out));
        buf_clear(&out);
    }
    return ok;
}

static bool make_forms(struct arena *arena, struct bytes term,
        struct bytes forms[CASE_TERM_FORMS_MOST], size_t *n)
{
    struct subject_value value = {.kind = SUBJECT_SEARCH, .number = 1, .text = term};
    const struct subject subject = {&value, 1};
    struct variants variants = {0};
    bool ok = add_form(arena, forms, n, term) &&
              variants_make(arena, &subject, &variants) == STATUS_OK;

    for (size_t i = 0; i < variants.n && ok; i++) {
        const struct variant *v = &variants.at[i];

        if (v->plain && !v->partial)
            ok = add_form(arena, forms, n, v->text);
        if (ok && v->plain && !v->partial && strcmp(v->charset, "utf-16le") != 0)
            ok = add_coded(arena, forms, n, v->text, put_percent);
    }
    if (ok && bytes_is_utf8(term))
        ok = add_coded(arena, forms, n, term, put_escaped);
    return ok;
}

bool case_terms_open(
        struct case_terms *t, struct arena *arena, const struct case_term *terms, size_t n)
{
    *t = (struct case_terms){.arena = arena, .n = n};
    buf_init(&t->body, BODY_MOST);
    t->at = arena_array(arena, n, sizeof(*t->at));
    t->forms = arena_array(arena, n, sizeof(*t->forms));
    t->form_counts = arena_array(arena, n, sizeof(*t->form_counts));
    if (t->at == NULL || t->forms == NULL || t->form_counts == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!arena_copy(arena, terms[i].text, &t->at[i].text) ||
                !arena_copy(arena, terms[i].site, &t->at[i].site) ||
                !make_forms(arena, terms[i].text, t->forms[i], &t->form_counts[i]))
            return false;
    return true;
}

/* The whole body, when it was kept whole and is what its digest says. */
static bool read_body(
        struct case_terms *t, const char *directory, const struct compare_exchange *x)
{
    char hex[SHA256_TEXT];

    buf_reset(&t->body);
    if (x->body_kept < x->body_bytes || x->body_bytes > BODY_MOST ||
            t->read + x->body_bytes > READ_MOST)
        return false;
    t->read += x->body_bytes;
    return case_body(directory, x->body_sha256, 0, BODY_MOST, &t->body) &&
           sha256_text(buf_view(&t->body), hex) && strcmp(hex, x->body_sha256) == 0;
}

void case_terms_take(
        struct case_terms *t, const char *directory, const struct compare_exchange *x)
{
    bool wanted = false, read;

    for (size_t i = 0; i < t->n; i++)
        wanted = wanted || bytes_equal(t->at[i].site, x->site);
    if (!wanted || x->body_bytes == 0 || x->body_media)
        return;
    read = read_body(t, directory, x);
    for (size_t i = 0; i < t->n; i++) {
        struct compare_term *term = &t->at[i];
        bool hit = false;
        size_t at;

        if (!bytes_equal(term->site, x->site))
            continue;
        term->looked += read;
        term->unread += !read;
        for (size_t k = 0; k < t->form_counts[i] && read && !hit; k++)
            hit = bytes_find(buf_view(&t->body), t->forms[i][k], 0, &at);
        term->hits += hit;
        if (hit && term->exchange.n == 0 && !arena_copy(t->arena, x->id, &term->exchange))
            term->exchange = (struct bytes){0}; /* one hit without its place is a hit */
    }
}

void case_terms_close(struct case_terms *t)
{
    buf_clear(&t->body);
}
