/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/guide.h"

#include "cli/guide_parts.h"
#include "report/visible.h"

#define MILLISECOND_NS INT64_C(1000000)
#define WAIT_MOST_NS (INT64_C(3600) * 1000 * MILLISECOND_NS)

/* What is read so far, and where. */
struct reading {
    struct arena *arena;
    const char *path;
    struct fault *fault;
    struct guide guide;
    size_t capacity, line;
    bool ended;
};

static enum status refuse(const struct reading *r, const char *why)
{
    return fault_set(r->fault, STATUS_INPUT, "%s: line %zu: %s", r->path, r->line, why);
}

static enum status take_text(const struct reading *r, struct bytes text, const char **out)
{
    char *copy = arena_string(r->arena, text);

    if (copy == NULL)
        return STATUS_NOMEM;
    *out = copy;
    return STATUS_OK;
}

/* The rest of the line as the step's text; without one, `why`. */
static enum status take_rest(
        const struct reading *r, struct bytes rest, const char *why, struct guide_step *step)
{
    return rest.n == 0 ? refuse(r, why) : take_text(r, rest, &step->text);
}

static enum status take_nothing(const struct reading *r, struct bytes rest, const char *why)
{
    return rest.n == 0 ? STATUS_OK : refuse(r, why);
}

/* A word off the front, and what stands behind the white space behind it. */
static struct bytes take_word(struct bytes *rest)
{
    struct bytes word;
    size_t n = 0;

    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    word = bytes_slice(*rest, 0, n);
    *rest = bytes_trim(bytes_slice(*rest, n, rest->n));
    return word;
}

static enum status take_open(
        const struct reading *r, struct bytes rest, struct guide_step *step)
{
    bool web = bytes_starts_nocase(rest, BYTES_LITERAL("http://")) ||
               bytes_starts_nocase(rest, BYTES_LITERAL("https://"));
    size_t host = rest.n > 4 && (rest.p[4] == 's' || rest.p[4] == 'S') ? 8 : 7;

    if (!web || rest.n <= host || rest.p[host] == '/' || bytes_has(rest, ' ') ||
            bytes_has(rest, '\t'))
        return refuse(r, "\"open\" needs a whole address, as in: open https://news.example/");
    return take_text(r, rest, &step->text);
}

/* "5 s", "500 ms", "2 min"; the unit may stand at the number. */
static bool read_span(struct bytes text, int64_t *ns)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"s", 1000}, {"ms", 1}, {"min", 60000}};
    size_t digits = 0;
    uint64_t n;
    struct bytes unit;

    while (digits < text.n && ascii_is_digit(text.p[digits]))
        digits++;
    if (!bytes_decimal(bytes_slice(text, 0, digits), &n))
        return false;
    unit = bytes_trim(bytes_slice(text, digits, text.n));
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        int64_t one = units[i].ms * MILLISECOND_NS;

        if (!bytes_is(unit, units[i].name) || n > (uint64_t)(WAIT_MOST_NS / one))
            continue;
        *ns = (int64_t)n * one;
        return true;
    }
    return false;
}

static enum status take_wait(
        const struct reading *r, struct bytes rest, struct guide_step *step)
{
    if (bytes_is(rest, "quiet")) {
        step->act = GUIDE_WAIT_QUIET;
        return STATUS_OK;
    }
    if (!read_span(rest, &step->wait_ns))
        return refuse(r,
                "\"wait\" needs \"quiet\" or a time of at most an hour, as in: wait 5 s "
                "(also ms and min)");
    return STATUS_OK;
}

static enum status take_click(
        const struct reading *r, struct bytes rest, struct guide_step *step)
{
    struct bytes css = BYTES_LITERAL("css:");

    if (!bytes_starts(rest, css))
        return take_rest(r, rest,
                "\"click\" needs what is to be clicked, as in: click Reject all (or click "
                "css:SELECTOR)",
                step);
    rest = bytes_trim(bytes_slice(rest, css.n, rest.n));
    return rest.n == 0 ? refuse(r, "\"click css:\" needs a selector, as in: click css:#reject")
                       : take_text(r, rest, &step->selector);
}

/* A selector with spaces stands in double quotes. */
static enum status take_type(
        const struct reading *r, struct bytes rest, struct guide_step *step)
{
    static const char why[] = "\"type\" needs a selector and a text, as in: type #email "
                              "me@mail.example (a selector with spaces in double quotes)";
    struct bytes selector;
    enum status status;

    if (rest.n != 0 && rest.p[0] == '"') {
        rest = bytes_slice(rest, 1, rest.n);
        if (!bytes_take_until(&rest, '"', &selector) || selector.n == 0)
            return refuse(r, why);
        rest = bytes_trim(rest);
    } else {
        selector = take_word(&rest);
    }
    if (selector.n == 0 || rest.n == 0)
        return refuse(r, why);
    status = take_text(r, selector, &step->selector);
    return status == STATUS_OK ? take_text(r, rest, &step->text) : status;
}

static enum status take_mark(
        const struct reading *r, struct bytes rest, struct guide_step *step)
{
    struct bytes word = take_word(&rest);

    for (unsigned k = 0; k < MARK_KINDS; k++) {
        enum mark_kind kind = (enum mark_kind)k;

        /* The recording itself sets those two. */
        if (kind == MARK_START || kind == MARK_END || !bytes_is(word, mark_kind_name(kind)))
            continue;
        step->mark = kind;
        return take_text(r, rest, &step->text);
    }
    return refuse(r,
            "\"mark\" needs one of consent-shown, consent-accepted, consent-refused, "
            "consent-withdrawn, erasure-requested, cookies-cleared, login, note; a text "
            "may follow");
}

static enum status take_arguments(struct reading *r, struct bytes rest, struct guide_step *step)
{
    switch (step->act) {
    case GUIDE_OPEN:
        return take_open(r, rest, step);
    case GUIDE_SEARCH:
        return take_rest(r, rest, "\"search\" needs a term, as in: search diet", step);
    case GUIDE_WAIT:
    case GUIDE_WAIT_QUIET:
        return take_wait(r, rest, step);
    case GUIDE_CLICK:
        return take_click(r, rest, step);
    case GUIDE_TYPE:
        return take_type(r, rest, step);
    case GUIDE_CLEAR_COOKIES:
        return bytes_is(rest, "cookies") ? STATUS_OK : refuse(r, "it must be: clear cookies");
    case GUIDE_RESTART:
        return bytes_is(rest, "browser") ? STATUS_OK : refuse(r, "it must be: restart browser");
    case GUIDE_MARK:
        return take_mark(r, rest, step);
    case GUIDE_SCREENSHOT:
        return take_nothing(r, rest, "nothing may stand behind \"screenshot\"");
    case GUIDE_SAY:
        return take_rest(r, rest, "\"say\" needs a text", step);
    case GUIDE_END:
        r->ended = true;
        return take_nothing(r, rest, "nothing may stand behind \"end\"");
    }
    return STATUS_OK;
}

static bool find_act(struct bytes word, enum guide_act *out)
{
    static const struct {
        const char *word;
        enum guide_act act;
    } acts[] = {{"open", GUIDE_OPEN}, {"search", GUIDE_SEARCH}, {"wait", GUIDE_WAIT},
            {"click", GUIDE_CLICK}, {"type", GUIDE_TYPE}, {"clear", GUIDE_CLEAR_COOKIES},
            {"restart", GUIDE_RESTART}, {"mark", GUIDE_MARK}, {"screenshot", GUIDE_SCREENSHOT},
            {"say", GUIDE_SAY}, {"end", GUIDE_END}};

    for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
        if (!bytes_is(word, acts[i].word))
            continue;
        *out = acts[i].act;
        return true;
    }
    return false;
}

/* What cannot be seen in an editor must not be typed into a page. */
static bool is_clean(struct bytes line)
{
    if (!bytes_is_utf8(line))
        return false;
    while (line.n != 0) {
        uint32_t c = visible_take(&line, false);

        if (c != '\t' && visible_hidden(c))
            return false;
    }
    return true;
}

static enum status take_step(struct reading *r, struct bytes line)
{
    struct guide_step step = {.line = r->line}, *grown;
    struct bytes word;
    enum status status;

    if (line.n > GUIDE_LINE_MOST)
        return refuse(r, "the line is too long");
    if (!is_clean(line))
        return refuse(r, "it is not UTF-8 or has characters that cannot be seen");
    if (r->ended)
        return refuse(r, "there is a step behind \"end\"");
    if (r->guide.n == GUIDE_STEPS_MOST)
        return refuse(r, "there are too many steps");
    word = take_word(&line);
    if (!find_act(word, &step.act))
        return fault_set(r->fault, STATUS_INPUT,
                "%s: line %zu: \"%.*s\" is no step. A step is one of: open URL, search TERM, "
                "wait "
                "5 s, wait quiet, click LABEL, type SELECTOR TEXT, clear cookies, restart "
                "browser, "
                "mark KIND, screenshot, say TEXT, end.",
                r->path, r->line, (int)(word.n > 40 ? 40 : word.n), (const char *)word.p);
    status = take_arguments(r, line, &step);
    if (status != STATUS_OK)
        return status;
    step.shown_en = guide_say(r->arena, LANGUAGE_ENGLISH, &step);
    step.shown_zh = guide_say(r->arena, LANGUAGE_CHINESE, &step);
    grown = arena_grow(r->arena, r->guide.steps, r->guide.n, &r->capacity, sizeof(*grown));
    if (step.shown_en == NULL || step.shown_zh == NULL || grown == NULL)
        return STATUS_NOMEM;
    r->guide.steps = grown;
    r->guide.steps[r->guide.n++] = step;
    return STATUS_OK;
}

static enum status take_lines(struct reading *r, struct bytes text)
{
    enum status status = STATUS_OK;

    if (bytes_starts(text, BYTES_LITERAL("\xef\xbb\xbf")))
        text = bytes_slice(text, 3, text.n);
    while (text.n != 0 && status == STATUS_OK) {
        struct bytes line;

        if (!bytes_take_line(&text, &line)) {
            line = text;
            text = (struct bytes){0};
        }
        r->line++;
        if (line.n != 0 && line.p[line.n - 1] == '\r')
            line.n--;
        line = bytes_trim(line);
        if (line.n != 0 && line.p[0] != '#')
            status = take_step(r, line);
    }
    return status;
}

enum status guide_read(struct arena *arena, struct bytes text, const char *path,
        struct guide *out, struct fault *fault)
{
    struct reading r = {.arena = arena, .path = path, .fault = fault};
    enum status status;

    if (text.n > GUIDE_BYTES_MOST)
        return fault_set(fault, STATUS_INPUT, "%s: larger than %d KiB, too large for a guide",
                path, GUIDE_BYTES_MOST >> 10);
    status = take_lines(&r, text);
    if (status == STATUS_NOMEM)
        return fault_set(fault, status, "%s: out of memory while reading the guide", path);
    if (status != STATUS_OK)
        return status;
    if (r.guide.n == 0)
        return fault_set(fault, STATUS_INPUT,
                "%s: there is no step in it. A step is one line, as in: open "
                "https://news.example/",
                path);
    r.guide.source = text;
    *out = r.guide;
    return STATUS_OK;
}
