/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "report/filter.h"
#include "report/page_parts.h"

enum {
    SAY_MOST = 4096,
    ID_TEXT = 64,
    FILTER_MOST = 4096,
    MASKED_DIGITS = 4,
    MINUTE = 60,
    HOUR = 3600,
    DAY = 86400,
};

const char *page_word(const struct page *p, const char *english)
{
    return words_get(p->language, english);
}

static void say(struct page *p, const char *english, va_list args) PRINTF_LIKE(2, 0);

static void say(struct page *p, const char *english, va_list args)
{
    char text[SAY_MOST];
    int n = vsnprintf(text, sizeof(text), words_get(p->language, english), args);

    if (n < 0 || (size_t)n >= sizeof(text))
        p->h.status = p->h.status == STATUS_OK ? STATUS_USAGE : p->h.status;
    else
        html_string(&p->h, text);
}

void page_say(struct page *p, const char *english, ...)
{
    va_list args;

    va_start(args, english);
    say(p, english, args);
    va_end(args);
}

void page_paragraph(struct page *p, const char *english, ...)
{
    va_list args;

    html_open(&p->h, "p");
    va_start(args, english);
    say(p, english, args);
    va_end(args);
    html_close(&p->h);
}

void page_fold(struct page *p, bool open, const char *english, ...)
{
    va_list args;

    html_open(&p->h, "details");
    if (open)
        html_attribute(&p->h, "open", "");
    html_open(&p->h, "summary");
    va_start(args, english);
    say(p, english, args);
    va_end(args);
    html_close(&p->h);
}

void page_section(struct page *p, const char *id, const char *english)
{
    html_open(&p->h, "section");
    html_attribute(&p->h, "id", id);
    html_element(&p->h, "h2", NULL, page_word(p, english));
}

void page_head(struct page *p, const char *english)
{
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "col");
    html_string(&p->h, page_word(p, english));
    html_close(&p->h);
}

void page_label(struct page *p, const char *english)
{
    html_element(&p->h, "dt", NULL, page_word(p, english));
}

void page_caption(struct page *p, const char *english)
{
    html_element(&p->h, "caption", NULL, page_word(p, english));
}

void page_table(struct page *p, const char *english)
{
    html_open(&p->h, "div");
    html_class(&p->h, "scroll");
    html_open(&p->h, "table");
    page_caption(p, english);
}

void page_columns(struct page *p, const char *const *english, size_t n)
{
    html_open(&p->h, "thead");
    html_open(&p->h, "tr");
    for (size_t i = 0; i < n; i++)
        page_head(p, english[i]);
    html_close(&p->h);
    html_close(&p->h);
    html_open(&p->h, "tbody");
}

void page_table_end(struct page *p)
{
    html_close(&p->h);
    html_close(&p->h);
    html_close(&p->h);
}

void page_figure(struct page *p, const char *english, uint64_t n)
{
    html_open(&p->h, "div");
    page_label(p, english);
    html_open(&p->h, "dd");
    page_number(p, n);
    html_close(&p->h);
    html_close(&p->h);
}

void page_comma(struct page *p)
{
    html_string(&p->h, p->language == LANGUAGE_CHINESE ? "、" : ", ");
}

static void write_masked(struct page *p, struct bytes value)
{
    char hex[SHA256_TEXT];

    if (!sha256_text(value, hex)) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    hex[MASKED_DIGITS] = '\0';
    html_open(&p->h, "span");
    html_class(&p->h, "masked");
    /* Translators: a credential; its length, then the first digits of its SHA-256. */
    page_say(p, "[not printed: %zu bytes, SHA-256 begins %s]", value.n, hex);
    html_close(&p->h);
}

/* Cuts before a character of UTF-8, not inside it. */
static struct bytes cut(struct bytes text, size_t most)
{
    size_t n = most;

    if (text.n <= most)
        return text;
    while (n > 0 && n + 4 > most && (text.p[n] & 0xc0) == 0x80)
        n--;
    return bytes_slice(text, 0, n);
}

static void write_excerpt(struct page *p, struct bytes text, size_t most, uint64_t all)
{
    struct bytes shown = cut(text, most);
    size_t at = 0, begin, end;

    /* Looked for in the whole text: half a credential is one, too. */
    while (at < shown.n && mask_next(&p->mask, text, at, &begin, &end) && begin < shown.n) {
        html_text(&p->h, bytes_slice(shown, at, begin));
        write_masked(p, bytes_slice(text, begin, end));
        at = end;
    }
    if (at < shown.n)
        html_text(&p->h, bytes_slice(shown, at, shown.n));
    if (shown.n < all) {
        html_open(&p->h, "span");
        html_class(&p->h, "cut");
        page_say(p, " … [first %zu of %zu bytes]", shown.n, (size_t)all);
        html_close(&p->h);
    }
}

void page_excerpt(struct page *p, struct bytes text, size_t most)
{
    write_excerpt(p, text, most, text.n);
}

void page_code(struct page *p, struct bytes text, size_t most)
{
    page_code_of(p, text, most, text.n);
}

void page_code_of(struct page *p, struct bytes text, size_t most, uint64_t all)
{
    html_open(&p->h, "code");
    write_excerpt(p, text, most, all);
    html_close(&p->h);
}

void page_cell(struct page *p, struct bytes text, size_t most)
{
    html_open(&p->h, "td");
    page_excerpt(p, text, most);
    html_close(&p->h);
}

void page_number(struct page *p, uint64_t n)
{
    char digits[32], text[48];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n), out = 0;

    for (size_t i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = '\0';
    html_string(&p->h, text);
}

void page_number_cell(struct page *p, uint64_t n)
{
    html_open(&p->h, "td");
    html_class(&p->h, "n");
    page_number(p, n);
    html_close(&p->h);
}

void page_time(struct page *p, int64_t ns)
{
    char text[TIME_TEXT];

    json_time_text(ns, text);
    html_open(&p->h, "time");
    html_attribute(&p->h, "datetime", text);
    html_string(&p->h, text);
    html_close(&p->h);
}

void page_time_text(struct page *p, const char *text)
{
    int64_t ns;

    if (text != NULL && marks_time(bytes_text(text), &ns))
        page_time(p, ns);
    else if (text != NULL)
        page_excerpt(p, bytes_text(text), PAGE_NAME_MOST);
}

void page_exchange_id(struct page *p, size_t exchange)
{
    char id[EXCHANGE_ID_TEXT];

    exchange_id(p->e->exchanges[exchange], id);
    html_element(&p->h, "span", "id", id);
}

void page_trace_id(struct page *p, const struct trace *t)
{
    char text[ID_TEXT];
    bool told = false;

    for (size_t i = 0; i < p->personal && i < PAGE_ITEMS_MOST && !told; i++)
        told = p->ranked[i] == t;
    (void)snprintf(text, sizeof(text), "#i%zu", t->number);
    html_open(&p->h, told ? "a" : "span");
    html_class(&p->h, "id");
    if (told)
        html_attribute(&p->h, "href", text);
    html_string(&p->h, text + 1);
    html_close(&p->h);
}

void page_value(struct page *p, const struct trace *t)
{
    if (t->masked)
        write_masked(p, t->value);
    else if (t->value.n == 0)
        html_element(&p->h, "em", NULL, page_word(p, "(empty)"));
    else
        page_code(p, t->value, PAGE_VALUE_MOST);
}

void page_lifetime(struct page *p, int64_t seconds)
{
    if (seconds < 0)
        page_say(p, "not declared");
    else if (seconds == 0)
        page_say(p, "until the browser is closed (session cookie)");
    else if (seconds < HOUR)
        page_say(p, "%lld minutes", (long long)((seconds + MINUTE - 1) / MINUTE));
    else if (seconds < 2 * DAY)
        page_say(p, "%lld hours", (long long)(seconds / HOUR));
    else
        page_say(p, "%lld days", (long long)(seconds / DAY));
}

void page_names(struct page *p, const struct bytes *names, size_t shown, size_t all)
{
    for (size_t i = 0; i < shown; i++) {
        if (i != 0)
            page_comma(p);
        page_excerpt(p, names[i], PAGE_NAME_MOST);
    }
    if (all > shown)
        page_say(p, " and %zu more", all - shown);
}

static void write_filter(struct page *p, const struct buf *filter)
{
    html_open(&p->h, "code");
    html_class(&p->h, "filter");
    html_text(&p->h, buf_view(filter));
    html_close(&p->h);
}

void page_packets(struct page *p, size_t exchange, bool response)
{
    const struct exchange *x = p->e->exchanges[exchange];
    const struct connection *c = evidence_connection(p->e, x);
    const struct message *m = response ? &x->response : &x->request;
    const struct evidence_file *file = NULL;
    struct buf filter;

    if (p->e->har != NULL) {
        page_say(p, "no packets: the HAR file says so");
        return;
    }
    buf_init(&filter, FILTER_MOST);
    if (p->h.status == STATUS_OK)
        p->h.status = filter_frames(p->e, m, &file, &filter);
    if (file == NULL) {
        page_say(p, "no packet is known for it");
    } else {
        page_say(p,
                words_plural(LANGUAGE_ENGLISH, WORDS("%llu packet"), WORDS("%llu packets"),
                        m->frame_count),
                (unsigned long long)m->frame_count);
        html_string(&p->h, " · ");
        write_filter(p, &filter);
        if (p->e->file_count > 1) {
            page_say(p, " in %s", file->name);
        }
        if (c != NULL) {
            buf_reset(&filter);
            if (p->h.status == STATUS_OK)
                p->h.status = filter_connection(c, &filter);
            html_string(&p->h, " · ");
            page_say(p, "whole connection:");
            html_string(&p->h, " ");
            write_filter(p, &filter);
        }
    }
    buf_clear(&filter);
}

/* A Chinese name that stands in brackets behind the English one; empty when there is none. */
static struct bytes chinese_name(const char *law)
{
    const char *open = strrchr(law, '('), *close = strrchr(law, ')');

    if (open == NULL || close == NULL || close < open || (uint8_t)open[1] < 0x80)
        return (struct bytes){0};
    return bytes_of(open + 1, (size_t)(close - open) - 1);
}

/* "Art. 4(1)" is 第4条第1款; false for any other form. */
static bool write_chinese_article(struct page *p, const char *article)
{
    unsigned number, paragraph;
    int end = 0;

    if (sscanf(article, "Art. %6u(%6u)%n", &number, &paragraph, &end) == 2 && end > 0 &&
            article[end] == '\0') {
        html_print(&p->h, "第%u条第%u款", number, paragraph);
        return true;
    }
    end = 0;
    if (sscanf(article, "Art. %6u%n", &number, &end) == 1 && article[end] == '\0') {
        html_print(&p->h, "第%u条", number);
        return true;
    }
    return false;
}

void page_law(struct page *p, const struct legal_rule *rule)
{
    struct bytes name = chinese_name(rule->law);
    size_t at;
    bool is_case = bytes_find(name, bytes_text("诉"), 0, &at);

    if (p->language != LANGUAGE_CHINESE || name.n == 0) {
        html_print(&p->h, "%s %s", rule->law, rule->article);
        return;
    }
    /* Titles of laws stand in these brackets, names of cases do not. */
    html_string(&p->h, is_case ? "" : "《");
    html_text(&p->h, name);
    html_string(&p->h, is_case ? "" : "》");
    if (!write_chinese_article(p, rule->article))
        html_print(&p->h, " %s", rule->article);
}

static void write_ground(struct page *p, const char *id)
{
    const struct legal_rule *rule = legal_find(p->facts->basis->legal, id);
    char link[ID_TEXT];

    (void)snprintf(link, sizeof(link), "#%s", id);
    html_open(&p->h, "li");
    if (rule == NULL) {
        html_string(&p->h, id);
    } else {
        html_open(&p->h, "a");
        html_attribute(&p->h, "href", link);
        html_string(&p->h, id);
        html_close(&p->h);
        html_string(&p->h, " ");
        page_law(p, rule);
    }
    html_close(&p->h);
}

enum verdict_language page_verdict_language(const struct page *p)
{
    return p->language == LANGUAGE_CHINESE ? VERDICT_CHINESE : VERDICT_ENGLISH;
}

static void write_verdict(
        struct page *p, const struct trace *t, const struct finding *f, enum reading r)
{
    enum verdict verdict = t != NULL ? t->verdicts[r] : f->verdicts[r];
    size_t n = t != NULL ? t->ground_count[r] : f->ground_count[r];

    html_open(&p->h, "td");
    /* Shown where the columns stand below each other, and the head of the table does not. */
    html_element(&p->h, "span", "reading", page_word(p, page_reading_word(r)));
    html_element(
            &p->h, "strong", verdict_name(verdict), page_word(p, page_verdict_word(verdict)));
    if (t != NULL)
        html_element(&p->h, "p", "why", verdict_text(t, r, page_verdict_language(p)));
    if (n != 0)
        html_open(&p->h, "ul");
    for (size_t i = 0; i < n; i++)
        write_ground(p, t != NULL ? t->grounds[r][i] : f->grounds[r][i]);
    if (n != 0)
        html_close(&p->h);
    html_close(&p->h);
}

/* "Alone: undetermined · Combined: …" */
static void write_verdict_line(struct page *p, const struct trace *t, const struct finding *f)
{
    html_open(&p->h, "summary");
    page_say(p, "Verdicts and grounds");
    html_string(&p->h, p->language == LANGUAGE_CHINESE ? "：" : ": ");
    for (size_t r = 0; r < READINGS; r++) {
        enum verdict v = t != NULL ? t->verdicts[r] : f->verdicts[r];

        html_string(&p->h, r == 0 ? "" : " · ");
        html_string(&p->h, page_word(p, page_reading_word((enum reading)r)));
        html_string(&p->h, " ");
        html_element(&p->h, "strong", verdict_name(v), page_word(p, page_verdict_word(v)));
    }
    html_close(&p->h);
}

void page_verdicts_fold(
        struct page *p, const struct trace *t, const struct finding *f, bool open)
{
    html_open(&p->h, "details");
    if (open)
        html_attribute(&p->h, "open", "");
    write_verdict_line(p, t, f);
    page_verdicts(p, t, f);
    html_close(&p->h);
}

void page_verdicts(struct page *p, const struct trace *t, const struct finding *f)
{
    html_open(&p->h, "table");
    html_class(&p->h, "verdicts");
    page_caption(p, "Verdict under each reading, with its grounds");
    html_open(&p->h, "thead");
    html_open(&p->h, "tr");
    for (size_t r = 0; r < READINGS; r++)
        page_head(p, page_reading_word((enum reading)r));
    html_close(&p->h);
    html_close(&p->h);
    html_open(&p->h, "tbody");
    html_open(&p->h, "tr");
    for (size_t r = 0; r < READINGS; r++)
        write_verdict(p, t, f, (enum reading)r);
    html_close(&p->h);
    html_close(&p->h);
    html_close(&p->h);
}
