/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sensitive.h"

#include <stdlib.h>
#include <string.h>

#include "classify/sensitive_words.h"
#include "classify/verdict_place.h"

enum { ID_DIGITS = 18 };

static const char dictionary_fact[] = "U10";

/* The words for one trace after another, with the scratch memory for its decoded text. */
struct marker {
    struct arena *arena;
    struct sensitive_words *words;
    uint8_t *scratch; /* SENSITIVE_TEXT_MOST */
};

struct reason {
    enum sensitive_result result;
    const char *category, *en, *zh;
};

static void give(struct trace *t, const struct reason *r)
{
    t->sensitive = (struct sensitivity){r->result, r->category, r->en, r->zh};
}

static const struct reason secret = {SENSITIVE_UNDETERMINED, NULL,
        "It is a log-in secret and was not looked into.", "它是登录凭证，未查看其内容。"};
static const struct reason opaque = {SENSITIVE_UNDETERMINED, NULL,
        "It is an opaque value; what its recipient knows by it cannot be seen.",
        "它是不透明的值；接收方凭它知道什么，从此处看不到。"};
static const struct reason partly = {SENSITIVE_UNDETERMINED, NULL,
        "Part of it is opaque; what can be read has none of the dictionaries' words.",
        "它有一部分不透明；可读的部分不含词典中的词。"};
static const struct reason script = {SENSITIVE_UNDETERMINED, NULL,
        "It is written in letters that the dictionaries (Chinese and English) do not cover.",
        "它使用的文字不在词典（中文和英文）的范围之内。"};
static const struct reason code = {SENSITIVE_UNDETERMINED, NULL,
        "It is a number or a code; what it stands for cannot be seen.",
        "它是数字或者代码；它代表什么，从此处看不到。"};
static const struct reason too_long = {SENSITIVE_UNDETERMINED, NULL,
        "It is longer than what is looked through for such words.",
        "它的长度超过查找此类词语的范围。"};
static const struct reason readable = {SENSITIVE_NO, NULL,
        "It can be read, and has none of the words of the dictionaries (Chinese and English).",
        "它可以读懂，不含词典（中文和英文）中的词。"};
static const struct reason technical = {SENSITIVE_NO, NULL,
        "It is a technical value that can be read, without any word of the dictionaries.",
        "它是可以读懂的技术性取值，不含词典中的词。"};
static const struct reason address_of_person = {SENSITIVE_NO, NULL,
        "It is a way to reach a person; the lists of sensitive kinds do not name it as such.",
        "它是联系个人的方式；敏感类别清单未将其本身列入。"};
static const struct reason precise = {SENSITIVE_YES, "location",
        "It is a precise place: tracks of whereabouts are of a sensitive kind (PIPL 28), "
        "precise places after GB/T 45574-2025.",
        "它是精确位置：行踪轨迹属于敏感类别（个人信息保护法第二十八条），精准定位见 "
        "GB/T 45574-2025。"};
static const struct reason coarse = {SENSITIVE_NO, NULL,
        "It is a coarse place; the lists name tracks of whereabouts and precise places.",
        "它是粗略位置；清单列入的是行踪轨迹和精准定位。"};
static const struct reason id_number = {SENSITIVE_YES, "specific-identity",
        "It is an identity number: of a sensitive kind after GB/T 35273-2020, Annex B; "
        "GB/T 45574-2025 no longer lists the number alone.",
        "它是身份证件号码：GB/T 35273-2020 附录 B 将其列为敏感类别；GB/T 45574-2025 "
        "不再单独列入该号码。"};
static const struct reason account_number = {SENSITIVE_YES, "finance",
        "It is the number of a card or an account of money, by what the person calls it: "
        "financial accounts are of a sensitive kind (PIPL 28).",
        "按本人所给的名称，它是银行卡或者金融账户的号码：金融账户属于敏感类别（个人信息"
        "保护法第二十八条）。"};
static const struct reason key_of_person = {SENSITIVE_NO, NULL,
        "It is a name or the key of an account or a device; the lists of sensitive kinds do "
        "not name it as such.",
        "它是姓名、账号或者设备标识；敏感类别清单未将其本身列入。"};
static const struct reason postal = {SENSITIVE_UNDETERMINED, NULL,
        "It is a postal address; whether it counts as a precise place depends on the list that "
        "is used.",
        "它是通信地址；是否算作精确位置取决于所用的清单。"};

static bool has_fact(const struct trace *t, const char *fact)
{
    for (size_t i = 0; i < t->fact_count; i++) {
        if (strcmp(t->facts[i], fact) == 0)
            return true;
    }
    return false;
}

/* Values that stand for somebody and say nothing that could be read. */
static bool is_key(const struct trace *t)
{
    switch (t->class_) {
    case CLASS_ACCOUNT:
    case CLASS_DEVICE:
    case CLASS_BROWSER_IDENTIFIER:
    case CLASS_SESSION:
    case CLASS_CREDENTIAL:
    case CLASS_CONSENT_STRING:
        return true;
    case CLASS_UNKNOWN:
    case CLASS_DIRECT:
    case CLASS_SEARCH:
    case CLASS_CONTENT:
    case CLASS_PREFERENCE:
    case CLASS_LOCATION:
    case CLASS_TECHNICAL:
        break;
    }
    return false;
}

/* GB 11643-1999: eighteen characters, the birthday a date, the check digit ISO 7064 MOD 11-2. */
static bool is_id_number(struct bytes t)
{
    static const char check[] = "10X98765432";
    unsigned sum = 0, weight = 1, month, day;

    if (t.n != ID_DIGITS || !bytes_has(BYTES_LITERAL("12"), t.p[6]) || t.p[0] == '0')
        return false;
    for (size_t i = 0; i + 1 < ID_DIGITS; i++) {
        if (!ascii_is_digit(t.p[i]))
            return false;
    }
    /* The weights are powers of 2 modulo 11, the last but one place weighs 2. */
    for (size_t i = ID_DIGITS - 1; i-- != 0;) {
        weight = weight * 2 % 11;
        sum += weight * (unsigned)(t.p[i] - '0');
    }
    month = (unsigned)(t.p[10] - '0') * 10 + (unsigned)(t.p[11] - '0');
    day = (unsigned)(t.p[12] - '0') * 10 + (unsigned)(t.p[13] - '0');
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    return check[sum % 11] == (t.p[17] == 'x' ? 'X' : (char)t.p[17]);
}

/* Four hex digits of %uXXXX or \uXXXX as UTF-8; 0 when they are none. */
static size_t put_unit(struct bytes digits, uint8_t *out)
{
    uint64_t c;

    if (digits.n != 4 || !bytes_hex(digits, &c) || c == 0 || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (uint8_t)(0xe0 | c >> 12);
    out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c & 0x3f));
    return 3;
}

/* Undoes one layer of %XX (RFC 3986 section 2.1), %uXXXX and \uXXXX (RFC 8259 section 7) into
 * `out`, which may be where the text is: it never grows. False when nothing was escaped. */
static bool undo_layer(struct bytes text, uint8_t *out, size_t *length)
{
    size_t n = 0;
    bool any = false;

    for (size_t i = 0; i < text.n; i++) {
        bool percent = text.p[i] == '%';
        size_t unit = 0;
        int high = -1, low = -1;

        if ((percent || text.p[i] == '\\') && i + 5 < text.n && text.p[i + 1] == 'u')
            unit = put_unit(bytes_slice(text, i + 2, i + 6), out + n);
        if (percent && i + 2 < text.n) {
            high = ascii_hex_value(text.p[i + 1]);
            low = ascii_hex_value(text.p[i + 2]);
        }
        if (unit != 0) {
            n += unit;
            i += 5;
            any = true;
        } else if (high >= 0 && low >= 0) {
            out[n++] = (uint8_t)(high << 4 | low);
            i += 2;
            any = true;
        } else {
            out[n++] = text.p[i];
        }
    }
    *length = n;
    return any;
}

/* Looks for a word in the text under each of its layers; `*out` is the innermost one. */
static const struct sensitive_word *look(
        const struct marker *m, struct bytes text, struct bytes *out)
{
    const struct sensitive_word *found = sensitive_words_find(m->words, text);
    size_t length;

    for (unsigned layer = 0; found == NULL && layer < SENSITIVE_LAYERS_MOST; layer++) {
        if (!undo_layer(text, m->scratch, &length))
            break;
        text = bytes_of(m->scratch, length);
        found = sensitive_words_find(m->words, text);
    }
    *out = text;
    return found;
}

static bool say_word(struct arena *arena, const struct sensitive_word *w, struct trace *t)
{
    const char *en, *zh;

    en = arena_print(arena,
            "“%.*s” in it is a word of the dictionary of %s (%s, %s); that says something of "
            "the text, not of the person.",
            (int)w->text.n, (const char *)w->text.p, sensitive_class_name(w->class_),
            w->chinese ? "Chinese" : "English", sensitive_date);
    zh = arena_print(arena,
            "其中的“%.*s”是“%s”词典（%s，%s）中的词；这只说明文字，不评价本人。",
            (int)w->text.n, (const char *)w->text.p, sensitive_class_zh(w->class_),
            w->chinese ? "中文" : "英文", sensitive_date);
    if (en == NULL || zh == NULL)
        return false;
    t->sensitive = (struct sensitivity){SENSITIVE_YES, sensitive_class_name(w->class_), en, zh};
    if (!has_fact(t, dictionary_fact) && t->fact_count < TRACE_FACTS_MOST)
        t->facts[t->fact_count++] = dictionary_fact;
    return true;
}

/* Its value can be read and tells nothing, but stands under a name that does. */
static bool say_name(struct arena *arena, const struct sensitive_word *w, struct trace *t)
{
    const char *en, *zh;

    en = arena_print(arena,
            "Its name has a word of the dictionary of %s (“%.*s”); what the value says of it "
            "cannot be seen.",
            sensitive_class_name(w->class_), (int)w->text.n, (const char *)w->text.p);
    zh = arena_print(arena, "其名称含有“%s”词典中的词“%.*s”；取值就此说明什么，从此处看不到。",
            sensitive_class_zh(w->class_), (int)w->text.n, (const char *)w->text.p);
    if (en == NULL || zh == NULL)
        return false;
    t->sensitive = (struct sensitivity){SENSITIVE_UNDETERMINED, NULL, en, zh};
    return true;
}

/* Without any word in it. */
static const struct reason *without_word(const struct trace *t, struct bytes text)
{
    enum sensitive_reach reach = sensitive_reach_of(text);

    if (is_key(t))
        return &opaque;
    if (t->class_ == CLASS_DIRECT)
        return has_fact(t, "U4") ? &opaque : &address_of_person;
    if (t->class_ == CLASS_LOCATION)
        return reach == REACH_OPAQUE ? &opaque : &coarse;
    switch (reach) {
    case REACH_OPAQUE:
        return bytes_has(text, '/') || bytes_has(text, ' ') ? &partly : &opaque;
    case REACH_SCRIPT:
        return &script;
    case REACH_CODE:
        return t->class_ == CLASS_TECHNICAL ? &technical : &code;
    case REACH_WORDS:
        break;
    }
    return t->class_ == CLASS_TECHNICAL ? &technical : &readable;
}

static bool mark(const struct marker *m, struct trace *t)
{
    struct bytes whole = t->decoded.n != 0 ? t->decoded : t->value;
    struct bytes text = bytes_slice(whole, 0, SENSITIVE_TEXT_MOST), inner;
    const struct sensitive_word *word;
    const struct reason *reason;

    if (t->masked || t->class_ == CLASS_CREDENTIAL) {
        give(t, &secret);
        return true;
    }
    word = look(m, text, &inner);
    if (word != NULL)
        return say_word(m->arena, word, t);
    if (t->class_ == CLASS_LOCATION && verdict_is_precise(inner)) {
        give(t, &precise);
        return true;
    }
    if (is_id_number(inner)) {
        give(t, &id_number);
        return true;
    }
    reason = whole.n > text.n ? &too_long : without_word(t, inner);
    if (reason->result == SENSITIVE_NO || reason == &code) {
        word = sensitive_words_find(m->words, bytes_slice(t->name, 0, SENSITIVE_TEXT_MOST));
        if (word != NULL)
            return say_name(m->arena, word, t);
    }
    give(t, reason);
    return true;
}

enum status sensitive_mark(struct arena *arena, struct trace *const *traces, size_t n)
{
    struct marker m = {.arena = arena, .words = sensitive_words_new(arena)};
    bool ok;

    if (m.words == NULL)
        return STATUS_NOMEM;
    m.scratch = malloc(SENSITIVE_TEXT_MOST);
    ok = m.scratch != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = mark(&m, traces[i]);
    free(m.scratch);
    return ok ? STATUS_OK : STATUS_NOMEM;
}

/* Labels of "other" values that are numbers of cards and accounts of money. */
static bool names_money(struct bytes label)
{
    static const char *const words[] = {"card", "bank", "iban", "account number", "alipay",
            "银行", "卡号", "信用卡", "账户", "帐户", "支付宝"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        struct bytes word = bytes_text(words[i]);

        for (size_t at = 0; at + word.n <= label.n; at++) {
            if (bytes_equal_nocase(bytes_slice(label, at, at + word.n), word))
                return true;
        }
    }
    return false;
}

/* NULL: what the value says decides, not its kind. */
static const struct reason *by_kind(const struct subject_value *v)
{
    switch (v->kind) {
    case SUBJECT_ID_NUMBER:
        return &id_number;
    case SUBJECT_LOCATION:
        return &precise;
    case SUBJECT_ADDRESS:
        return &postal;
    case SUBJECT_NAME:
    case SUBJECT_ACCOUNT:
    case SUBJECT_DEVICE:
        return &key_of_person;
    case SUBJECT_EMAIL:
    case SUBJECT_PHONE:
        return &address_of_person;
    case SUBJECT_OTHER:
        return names_money(v->label) ? &account_number : NULL;
    case SUBJECT_SEARCH:
    case SUBJECT_KINDS:
        break;
    }
    return NULL;
}

void sensitive_mark_declared(
        const struct subject *subject, struct trace *const *traces, size_t n)
{
    for (size_t i = 0; subject != NULL && i < n; i++) {
        struct trace *t = traces[i];
        const struct reason *reason;

        if (t->declared == NULL || t->declared->value >= subject->n)
            continue;
        reason = by_kind(&subject->at[t->declared->value]);
        /* A word in the rest of the text stands, unless the value itself is sensitive. */
        if (reason != NULL &&
                (reason->result == SENSITIVE_YES || t->sensitive.result != SENSITIVE_YES))
            give(t, reason);
    }
}

const char *sensitive_version(void)
{
    return sensitive_date;
}
