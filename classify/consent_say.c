/* SPDX-License-Identifier: Apache-2.0 */
/* Consent strings in words. */
#include "base/buf.h"
#include "base/json.h"
#include "classify/consent_string.h"

enum { LINE_MOST = 4096, CHOICES_SHOWN = 16, NAME_SHOWN = 60 };

struct wording {
    const char *en, *zh;
};

static const struct wording titles[CONSENT_STRING_KINDS] = {
        [CONSENT_STRING_TCF1] = {"IAB TCF 1 consent string", "IAB TCF 1 同意字符串"},
        [CONSENT_STRING_TCF2] = {"IAB TCF 2 consent string", "IAB TCF 2 同意字符串"},
        [CONSENT_STRING_TCF_CANADA] = {"IAB TCF Canada string", "IAB TCF 加拿大字符串"},
        [CONSENT_STRING_GPP] = {"IAB Global Privacy Platform string", "IAB 全球隐私平台字符串"},
        [CONSENT_STRING_US_PRIVACY] = {"IAB US privacy string", "IAB 美国隐私字符串"},
        [CONSENT_STRING_GOOGLE_STATE] = {"Google consent mode (gcs)", "谷歌同意模式（gcs）"},
        [CONSENT_STRING_GOOGLE_DETAILS] = {"Google consent mode (gcd)", "谷歌同意模式（gcd）"},
        [CONSENT_STRING_ONETRUST] = {"OneTrust consent record", "OneTrust 同意记录"},
        [CONSENT_STRING_COOKIEBOT] = {"Cookiebot consent record", "Cookiebot 同意记录"},
        [CONSENT_STRING_DIDOMI] = {"Didomi consent record", "Didomi 同意记录"},
        [CONSENT_STRING_GPC] = {"Global Privacy Control", "全球隐私控制信号（GPC）"},
        [CONSENT_STRING_DNT] = {"Do Not Track", "请勿跟踪信号（DNT）"},
        [CONSENT_STRING_STORAGE_ACCESS] = {"storage access", "存储访问状态"},
};

struct line {
    struct buf out;
    enum status status;
    bool zh;
};

static void put(struct line *l, const char *en, const char *zh)
{
    if (l->status == STATUS_OK)
        l->status = buf_text(&l->out, l->zh ? zh : en);
}

static void put_number(struct line *l, uint64_t n)
{
    if (l->status == STATUS_OK)
        l->status = buf_print(&l->out, "%llu", (unsigned long long)n);
}

/* Names come from the network: only what is printable ASCII goes into a sentence. */
static void put_name(struct line *l, struct bytes name)
{
    struct bytes shown = bytes_slice(name, 0, NAME_SHOWN);

    for (size_t i = 0; i < shown.n && l->status == STATUS_OK; i++)
        l->status = buf_append_u8(
                &l->out, shown.p[i] < 0x20 || shown.p[i] > 0x7e ? '?' : shown.p[i]);
    if (shown.n < name.n)
        put(l, "…", "…");
}

static void put_time(struct line *l, int64_t ns)
{
    char text[TIME_TEXT];

    json_time_text(ns, text);
    put(l, text, text);
}

static void put_set(struct line *l, uint32_t set)
{
    bool any = false;

    for (unsigned i = 0; i < 32; i++) {
        if ((set >> i & 1) == 0)
            continue;
        if (any)
            put(l, ", ", "、");
        put_number(l, i + 1);
        any = true;
    }
    if (!any)
        put(l, "none", "无");
}

static void put_tcf(struct line *l, const struct consent_tcf *t)
{
    bool canada = t->kind == CONSENT_STRING_TCF_CANADA;

    if (t->language[0] != '\0') {
        put(l, ", language ", "，语言 ");
        put(l, t->language, t->language);
    }
    if (canada)
        put(l, ": express consent to purposes ", "：明示同意的目的 ");
    else
        put(l, ": consent to purposes ", "：同意的目的 ");
    put_set(l, t->purposes);
    if (t->kind != CONSENT_STRING_TCF1) {
        if (canada)
            put(l, "; implied consent to ", "；默示同意的目的 ");
        else
            put(l, "; legitimate interest for ", "；主张正当利益的目的 ");
        put_set(l, t->legitimate);
        put(l, "; special features ", "；特殊功能 ");
        put_set(l, t->features);
    }
    put(l, "; vendors with consent: ", "；获得同意的供应商数：");
    put_number(l, t->vendors);
    if (t->kind != CONSENT_STRING_TCF1) {
        put(l, canada ? "; with implied consent: " : "; by legitimate interest: ",
                canada ? "；获得默示同意：" : "；依正当利益：");
        put_number(l, t->vendors_legitimate);
    }
    if (t->has_disclosed) {
        put(l, "; vendors disclosed: ", "；已披露的供应商数：");
        put_number(l, t->vendors_disclosed);
    }
}

static void put_sections(struct line *l, const struct consent_string *s)
{
    for (size_t i = 0; i < s->section_count; i++) {
        put(l, i == 0 ? ", sections " : ", ", i == 0 ? "，包含部分 " : "、");
        if (s->sections[i].name != NULL)
            put(l, s->sections[i].name, s->sections[i].name);
        else
            put_number(l, s->sections[i].id);
        if (!s->sections[i].decoded)
            put(l, " (not decoded)", "（未解码）");
    }
}

/* "SaleOptOut" says no when it was opted out: the words have to fit what the name asks. */
static struct wording wording_of(const struct consent_choice *c)
{
    static const struct wording words[2][2] = {
            {{"not opted out", "未选择退出"}, {"opted out", "已选择退出"}},
            {{"yes", "是"}, {"no", "否"}},
    };
    size_t at;
    bool opt_out = bytes_find(c->name, BYTES_LITERAL("OptOut"), 0, &at);

    if (bytes_is(c->name, "Gpc"))
        return (struct wording){"signal on", "信号开启"};
    return words[opt_out ? 0 : 1][c->says == CONSENT_SAYS_YES ? 0 : 1];
}

/* "usca ", so that choices of several sections stay apart. */
static void put_section(struct line *l, const struct consent_string *s, unsigned id)
{
    for (size_t i = 0; i < s->section_count && id != 0; i++) {
        if (s->sections[i].id != id || s->sections[i].name == NULL)
            continue;
        put(l, s->sections[i].name, s->sections[i].name);
        put(l, " ", " ");
        return;
    }
}

static void put_choices(struct line *l, const struct consent_string *s)
{
    size_t shown = 0, more = 0;

    for (size_t i = 0; i < s->choice_count; i++) {
        const struct consent_choice *c = &s->choices[i];
        struct wording w = wording_of(c);

        if (c->says == CONSENT_SAYS_NOTHING)
            continue;
        if (shown == CHOICES_SHOWN) {
            more++;
            continue;
        }
        put(l, shown == 0 ? ": " : ", ", shown == 0 ? "：" : "，");
        shown++;
        put_section(l, s, c->section);
        put_name(l, c->name);
        if (c->part != 0) {
            put(l, " ", " ");
            put_number(l, c->part);
        }
        put(l, " ", " ");
        put(l, w.en, w.zh);
    }
    if (more != 0) {
        put(l, " and ", "，另有 ");
        put_number(l, more);
        put(l, " more", " 项");
    }
}

const char *consent_string_say(
        struct arena *arena, const struct consent_string *s, bool chinese)
{
    struct line l = {.zh = chinese};
    const char *said = NULL;

    buf_init(&l.out, LINE_MOST);
    put(&l, titles[s->kind].en, titles[s->kind].zh);
    if (s->has_updated) {
        put(&l, ", last changed ", "，最后修改于 ");
        put_time(&l, s->updated_ns);
    }
    put_sections(&l, s);
    if (s->has_tcf)
        put_tcf(&l, &s->tcf);
    if (s->word.n != 0) {
        put(&l, ": ", "：");
        put_name(&l, s->word);
    } else {
        put_choices(&l, s);
    }
    if (l.status == STATUS_OK)
        said = arena_string(arena, buf_view(&l.out));
    buf_clear(&l.out);
    return said;
}
