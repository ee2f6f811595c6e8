/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/doctor.h"
#include "cli/live_cells.h"
#include "cli/say.h"

enum { INDENT = 4, MARK = 2, STEP = 2 };

const char *doctor_say(enum language language, const char *en, const char *zh)
{
    return language == LANGUAGE_CHINESE ? zh : en;
}

/* Marks that must not begin a line: 。，、；：）” and their like. */
static size_t closing_mark(struct bytes text)
{
    static const char *const marks[] = {
            "。", "，", "、", "；", "：", "）", "”", "》", "！", "？"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        if (bytes_starts(text, bytes_text(marks[i])))
            return strlen(marks[i]);
    }
    return 0;
}

/* Text in lines of the paper's width, behind `indent` spaces. The first line has begun. */
static void print_wrapped(
        const struct doctor_paper *paper, struct say *say, struct bytes text, unsigned indent)
{
    unsigned room = paper->columns > indent + INDENT ? paper->columns - indent - STEP : INDENT;
    bool first = true;

    while (text.n != 0) {
        const uint8_t *begin = text.p;
        struct bytes line = live_cells_take(&text, room);
        size_t mark = closing_mark(text);

        /* One mark hangs into the margin of two cells that was left. */
        if (mark != 0) {
            line = bytes_of(begin, line.n + mark);
            text = bytes_slice(text, mark, text.n);
        }
        while (line.n != 0 && line.p[line.n - 1] == ' ')
            line.n--;
        if (!first)
            (void)fprintf(paper->out, "%*s", (int)indent, "");
        say_text(say, line);
        (void)fputc('\n', paper->out);
        first = false;
    }
}

static const char *mark_of(const struct doctor_paper *paper, enum probe_state state)
{
    switch (state) {
    case PROBE_OK:
        return paper->symbols ? "✓" : "+";
    case PROBE_ATTENTION:
        return "!";
    case PROBE_UNKNOWN:
        break;
    }
    return "?";
}

static const char *colour_of(enum probe_state state)
{
    switch (state) {
    case PROBE_OK:
        return "\033[32m";
    case PROBE_ATTENTION:
        return "\033[1;33m";
    case PROBE_UNKNOWN:
        break;
    }
    return "\033[36m";
}

static void print_mark(const struct doctor_paper *paper, enum probe_state state)
{
    (void)fprintf(paper->out, "%*s%s%s%s ", MARK, "", paper->colours ? colour_of(state) : "",
            mark_of(paper, state), paper->colours ? "\033[0m" : "");
}

static const char *group_name(enum language language, const char *group)
{
    static const char *const names[][3] = {{"machine", "The computer", "计算机"},
            {"clock", "Clock", "时钟"}, {"network", "Network", "网络"},
            {"trust", "Whom it trusts", "信任设置"}, {"browser", "Browser", "浏览器"},
            {"programs", "Programs", "程序"}, {"capture", "Capture", "捕获"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(group, names[i][0]) == 0)
            return names[i][language == LANGUAGE_CHINESE ? 2 : 1];
    }
    return group;
}

static void print_heading(const struct doctor_paper *paper, const char *text)
{
    (void)fprintf(paper->out, "\n%s%s%s\n", paper->colours ? "\033[1m" : "", text,
            paper->colours ? "\033[0m" : "");
}

static void print_probe(
        const struct doctor_paper *paper, struct say *say, const struct probe *p)
{
    enum language l = paper->language;

    print_mark(paper, p->state);
    print_wrapped(paper, say, bytes_text(doctor_say(l, p->title_en, p->title_zh)), INDENT);
    (void)fprintf(paper->out, "%*s", INDENT + STEP, "");
    print_wrapped(
            paper, say, bytes_text(doctor_say(l, p->reason_en, p->reason_zh)), INDENT + STEP);
}

static void print_head(const struct doctor *d, const struct doctor_paper *paper)
{
    enum language l = paper->language;
    char time[TIME_TEXT];

    json_time_text(d->env.time_ns, time);
    print_heading(paper, doctor_say(l, "Is this machine clean, and ready to record?",
                                 "本机是否清洁，能否进行记录？"));
    (void)fprintf(paper->out, "%s %s · exhibit %s\n", doctor_say(l, "Looked at", "检查时间"),
            time, EXHIBIT_VERSION);
    (void)fprintf(paper->out, "%s %s   ! %s   ? %s\n", mark_of(paper, PROBE_OK),
            doctor_say(l, "in order", "正常"),
            doctor_say(l, "to look at: somebody could ask about it", "需注意：可能被质疑"),
            doctor_say(l, "could not tell", "无法判断"));
}

static void print_needs(
        const struct doctor *d, const struct doctor_paper *paper, struct say *say)
{
    enum language l = paper->language;

    for (size_t i = 0; i < d->need_count; i++) {
        const struct doctor_need *n = &d->needs[i];
        char text[FAULT_TEXT + 256];

        if (n->met)
            continue;
        (void)snprintf(text, sizeof(text), "%s%s%s", doctor_say(l, n->why_en, n->why_zh),
                n->install == NULL ? "" : doctor_say(l, ": ", "："),
                n->install == NULL ? "" : n->install);
        print_mark(paper, n->required ? PROBE_ATTENTION : PROBE_UNKNOWN);
        print_wrapped(paper, say, bytes_text(text), INDENT);
    }
}

/* The closing sentence: yes, or no and because of what. */
static void print_answer(
        const struct doctor *d, const struct doctor_paper *paper, struct say *say)
{
    enum language l = paper->language;
    char text[4 * FAULT_TEXT];
    const char *joint = doctor_say(l, ", because ", "，因为");
    int n = snprintf(text, sizeof(text), "%s",
            d->ready ? doctor_say(l, "Ready to record: yes", "可以进行记录：是")
                     : doctor_say(l, "Ready to record: no", "可以进行记录：否"));

    for (size_t i = 0; i < d->need_count; i++) {
        const struct doctor_need *need = &d->needs[i];

        if (need->met || !need->required || n < 0 || (size_t)n >= sizeof(text))
            continue;
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", joint,
                doctor_say(l, need->why_en, need->why_zh));
        joint = doctor_say(l, "; ", "；");
    }
    if (n >= 0 && (size_t)n < sizeof(text))
        (void)snprintf(text + n, sizeof(text) - (size_t)n, "%s", doctor_say(l, ".", "。"));
    print_wrapped(paper, say, bytes_text(text), 0);
}

static void print_end(const struct doctor *d, const struct doctor_paper *paper, struct say *say)
{
    enum language l = paper->language;
    unsigned counts[PROBE_UNKNOWN + 1] = {0};

    for (size_t i = 0; i < d->env.n; i++)
        counts[d->env.at[i].state]++;
    print_heading(paper, doctor_say(l, "In short", "结论"));
    (void)fprintf(paper->out,
            doctor_say(l, "%u in order, %u to look at, %u could not be told.\n",
                    "%u 项正常，%u 项需注意，%u 项无法判断。\n"),
            counts[PROBE_OK], counts[PROBE_ATTENTION], counts[PROBE_UNKNOWN]);
    print_needs(d, paper, say);
    print_answer(d, paper, say);
}

void doctor_print(const struct doctor *d, const struct doctor_paper *paper)
{
    const char *group = "";
    struct say say;

    say_init(&say, paper->out);
    print_head(d, paper);
    for (size_t i = 0; i < d->env.n; i++) {
        if (strcmp(group, d->env.at[i].group) != 0) {
            group = d->env.at[i].group;
            print_heading(paper, group_name(paper->language, group));
        }
        print_probe(paper, &say, &d->env.at[i]);
    }
    print_end(d, paper, &say);
    say_clear(&say);
}
