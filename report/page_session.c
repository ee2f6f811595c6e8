/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/hashed_lines.h"
#include "report/page_parts.h"

static void write_row(struct page *p, const char *english, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    page_label(p, english);
    html_open(&p->h, "dd");
    page_excerpt(p, bytes_text(text), PAGE_STATEMENT_MOST);
    html_close(&p->h);
}

static void write_time(struct page *p, const char *english, const char *text)
{
    if (text == NULL)
        return;
    page_label(p, english);
    html_open(&p->h, "dd");
    page_time_text(p, text);
    html_close(&p->h);
}

static void write_word(struct page *p, const char *english, const char *word)
{
    page_label(p, english);
    html_element(&p->h, "dd", NULL, page_word(p, word));
}

static const char *text_of(const struct json_value *object, const char *key)
{
    return json_string_of(json_member(object, key));
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static const char *class_word(const struct json_value *session)
{
    if (json_is_true(json_member(session, "automated")))
        return WORDS("controlled run, driven by a script without a person");
    if (is(text_of(session, "class"), "ordinary"))
        return WORDS("ordinary use: the person used the web as they always do");
    if (is(text_of(session, "class"), "controlled"))
        return WORDS("controlled run: the person followed a plan to test something");
    return WORDS("packets only, without a browser");
}

static const char *end_word(const char *end)
{
    static const char *const words[][2] = {
            {"asked", WORDS("the person ended it")},
            {"browser-closed", WORDS("the person closed the browser")},
            {"browser-died", WORDS("the browser broke off")},
            {"script", WORDS("the script came to its end")},
            {"script-failed", WORDS("the script could not go on")},
            {"time", WORDS("the time that had been set was over")},
            {"capture-ended", WORDS("the capture broke off")},
            {"network-lost", WORDS("the browser's network was lost")},
            {"fault", WORDS("a failure of the program")},
    };

    for (size_t i = 0; end != NULL && i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(words[i][0], end) == 0)
            return words[i][1];
    }
    return WORDS("not known: the recording broke off");
}

static const char *cookies_word(const char *cookies)
{
    if (is(cookies, "allow"))
        return WORDS("set to allow them");
    return is(cookies, "block") ? WORDS("set to block them")
                                : WORDS("left as the browser has it");
}

static void write_isolation(struct page *p, const struct json_value *isolation)
{
    const char *meaning = p->language == LANGUAGE_CHINESE ? "meaning_zh" : "meaning_en";
    size_t n = 0;

    if (!json_is_object(isolation))
        return;
    write_row(p, WORDS("Interface captured on"), text_of(isolation, "interface"));
    write_row(p, WORDS("Network joined by"), text_of(isolation, "joined_by"));
    for (const struct json_value *a = json_first(json_member(isolation, "addresses"));
            a != NULL && n < PAGE_NAMES_MOST; a = json_next(a), n++)
        write_row(p, WORDS("Address of the browser"), json_string_of(a));
    write_row(p, WORDS("Name server"), text_of(isolation, "resolver"));
    write_row(p, WORDS("What that means for addresses"), text_of(isolation, meaning));
}

static void write_browser(struct page *p, const struct json_value *browser)
{
    if (!json_is_object(browser))
        return;
    write_row(p, WORDS("Browser"), text_of(browser, "version"));
    write_row(p, WORDS("Program"), text_of(browser, "path"));
    write_row(p, WORDS("SHA-256 of the program"), text_of(browser, "sha256"));
    write_row(p, WORDS("Run as the user"), text_of(browser, "user"));
    write_word(p, WORDS("Profile"),
            is(text_of(browser, "profile"), "fresh")
                    ? WORDS("fresh: made for this recording, empty at the start")
                    : WORDS("an existing one of the person: it held cookies and data from "
                            "before"));
    write_word(p, WORDS("Third-party cookies"),
            cookies_word(text_of(browser, "third_party_cookies")));
    write_word(p, WORDS("The browser's own account (DevTools)"),
            is(text_of(browser, "devtools"), "pipe") || is(text_of(browser, "devtools"), "port")
                    ? WORDS("listened to; nothing was put into pages in ordinary use")
                    : WORDS("not used"));
}

/* Flags or settings, each with its reason. */
static void write_reasons(
        struct page *p, const struct json_value *list, const char *key, const char *caption)
{
    static const char *const columns[] = {WORDS("What"), WORDS("Why")};
    size_t n = 0;

    if (json_first(list) == NULL)
        return;
    page_table(p, caption);
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (const struct json_value *f = json_first(list); f != NULL; f = json_next(f)) {
        const char *flag = text_of(f, key), *why = text_of(f, "why");

        if (n++ >= PAGE_REASONS_MOST)
            continue;
        html_open(&p->h, "tr");
        html_open(&p->h, "td");
        page_code(p, bytes_text(flag == NULL ? "" : flag), PAGE_URL_MOST);
        html_close(&p->h);
        page_cell(p, bytes_text(why == NULL ? "" : page_word(p, why)), PAGE_URL_MOST);
        html_close(&p->h);
    }
    page_table_end(p);
    if (n > PAGE_REASONS_MOST)
        page_paragraph(p, "Not listed here: %llu further ones. data/session.json has them all.",
                (unsigned long long)(n - PAGE_REASONS_MOST));
}

static void write_interruptions(struct page *p, const struct json_value *session)
{
    const char *state = text_of(session, "state");
    size_t n = 0;

    if (is(state, "running")) {
        html_open(&p->h, "p");
        html_class(&p->h, "warning");
        page_say(p,
                "The recording broke off: it never said that it ended. What had been written "
                "by then is in this case; what is missing stands under the gaps.");
        html_close(&p->h);
    }
    for (const struct json_value *i = json_first(json_member(session, "interruptions"));
            i != NULL; i = json_next(i)) {
        const char *time = text_of(i, "time"), *what = text_of(i, "what");

        if (n++ >= PAGE_BREAKS_MOST)
            continue;
        html_open(&p->h, "p");
        html_class(&p->h, "warning");
        page_say(p, "Interrupted:");
        html_string(&p->h, " ");
        page_time_text(p, time);
        html_string(&p->h, " · ");
        page_excerpt(p, bytes_text(what == NULL ? "" : what), PAGE_STATEMENT_MOST);
        html_close(&p->h);
    }
    if (n > PAGE_BREAKS_MOST)
        page_paragraph(p, "Not listed here: %llu further ones. data/session.json has them all.",
                (unsigned long long)(n - PAGE_BREAKS_MOST));
}

static const char *act_word(const char *act)
{
    static const char *const words[][2] = {
            {"recording-began", WORDS("the recording began")},
            {"environment-checked", WORDS("the machine was looked at")},
            {"isolation-made", WORDS("a network of the browser's own was made")},
            {"capture-began", WORDS("the capture began")},
            {"browser-began", WORDS("the browser was started")},
            {"mark", WORDS("a moment was marked")},
            {"screenshot", WORDS("a screenshot was taken")},
            {"step", WORDS("a step of the script")},
            {"browser-ended", WORDS("the browser ended")},
            {"capture-ended", WORDS("the capture ended")},
            {"interrupted", WORDS("it was found that the recording had been interrupted")},
            {"resumed", WORDS("a case was made of what had been captured")},
            {"recording-ended", WORDS("the recording ended")},
            {"imported", WORDS("a case was made of the recording")},
    };

    for (size_t i = 0; act != NULL && i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(words[i][0], act) == 0)
            return words[i][1];
    }
    return NULL;
}

/* The members of an act's detail, as "name value". */
static void write_detail(struct page *p, const struct json_value *detail)
{
    size_t shown = 0;

    for (const struct json_value *m = json_first(detail); m != NULL; m = json_next(m)) {
        const char *text = json_string_of(m);
        int64_t n;

        if (shown++ == PAGE_DETAILS_MOST) {
            html_string(&p->h, " · …");
            break;
        }

        if (m != json_first(detail))
            html_string(&p->h, " · ");
        html_open(&p->h, "span");
        html_class(&p->h, "id");
        page_excerpt(p, bytes_text(json_key(m)), PAGE_NAME_MOST);
        html_close(&p->h);
        html_string(&p->h, " ");
        if (text != NULL)
            page_excerpt(p, bytes_text(text), PAGE_VALUE_MOST);
        else if (json_integer_of(m, &n))
            html_print(&p->h, "%lld", (long long)n);
        else
            html_string(&p->h, json_first(m) != NULL ? "…"
                               : json_is_true(m)     ? page_word(p, WORDS("yes"))
                                                     : page_word(p, WORDS("no")));
    }
}

static void write_act(struct page *p, struct bytes line)
{
    struct json_value *v = json_parse(line, NULL);
    const char *act = text_of(v, "act"), *time = text_of(v, "time");
    const char *word = act_word(act);

    html_open(&p->h, "tr");
    page_cell(p, bytes_text(time == NULL ? "" : time), PAGE_NAME_MOST);
    page_cell(p,
            bytes_text(word != NULL  ? page_word(p, word)
                       : act == NULL ? ""
                                     : act),
            PAGE_NAME_MOST * 2);
    html_open(&p->h, "td");
    write_detail(p, json_member(v, "detail"));
    html_close(&p->h);
    html_close(&p->h);
    json_free(v);
}

static void write_custody(struct page *p, struct bytes log)
{
    static const char *const columns[] = {WORDS("Time"), WORDS("Act"), WORDS("Detail")};
    struct hashed_check check = {0};
    enum parse parse;
    struct bytes line;

    if (log.n == 0) {
        page_paragraph(p, "There is no log of what was done: data/custody/log.jsonl is missing "
                          "or empty.");
        return;
    }
    page_fold(p, false, "What was done, in order");
    page_table(p, "What was done, in order");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    while ((parse = hashed_lines_next(&check, &log, &line)) == PARSE_DONE) {
        if (check.number <= PAGE_ACTS_MOST)
            write_act(p, line);
    }
    page_table_end(p);
    if (check.number > PAGE_ACTS_MOST)
        page_paragraph(p,
                "Not listed here: %llu further acts. data/custody/log.jsonl has them all.",
                (unsigned long long)(check.number - PAGE_ACTS_MOST));
    if (parse == PARSE_MORE && log.n == 0)
        page_paragraph(p,
                "Each of the %llu lines of this log (data/custody/log.jsonl) holds the SHA-256 "
                "of "
                "the line before it; the chain is unbroken.",
                (unsigned long long)check.number);
    else
        page_paragraph(p,
                "The chain of this log is broken behind line %llu: what follows in "
                "data/custody/log.jsonl may have been changed.",
                (unsigned long long)check.number);
    html_close(&p->h);
}

void page_session(struct page *p)
{
    const struct page_recording *r = p->facts->recording;
    struct json_value *session;

    if (r == NULL)
        return;
    session = json_parse(r->session, NULL);
    page_section(p, "session", "How this was recorded");
    page_paragraph(p,
            "The packets were captured by exhibit on the person's own machine, between "
            "the browser and its network. There was no proxy and no certificate of our "
            "own; the keys are those that the browser itself wrote down.");
    write_interruptions(p, session);
    html_open(&p->h, "dl");
    write_word(p, WORDS("Kind of session"), class_word(session));
    write_row(p, WORDS("First address"), text_of(session, "url"));
    write_time(p, WORDS("Began"), text_of(session, "started"));
    write_time(p, WORDS("Ended"), text_of(session, "ended"));
    write_word(p, WORDS("How it ended"), end_word(text_of(session, "end")));
    write_row(p, WORDS("Recorded with"), text_of(session, "tool"));
    write_isolation(p, json_member(session, "isolation"));
    write_browser(p, json_member(session, "browser"));
    html_close(&p->h);
    write_reasons(p, json_member(json_member(session, "browser"), "flags"), "flag",
            WORDS("Flags that the browser was started with"));
    write_reasons(p, json_member(json_member(session, "browser"), "settings"), "setting",
            WORDS("Settings that were made in its fresh profile"));
    write_custody(p, r->custody);
    html_close(&p->h);
    json_free(session);
}
