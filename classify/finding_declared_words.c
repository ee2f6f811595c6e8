/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/finding_declared.h"

enum { CLAUSE_MOST = 1024, LABEL_SHOWN = 60 };

/* Personal values are named, not printed; a search term is what the finding is about. */
static const struct said nouns[SUBJECT_KINDS] = {
        [SUBJECT_NAME] = {"your name", "您的姓名"},
        [SUBJECT_EMAIL] = {"your e-mail address", "您的电子邮箱地址"},
        [SUBJECT_PHONE] = {"your telephone number", "您的电话号码"},
        [SUBJECT_ID_NUMBER] = {"your identity number", "您的身份证件号码"},
        [SUBJECT_ADDRESS] = {"your address", "您的住址"},
        [SUBJECT_ACCOUNT] = {"your account", "您的账号"},
        [SUBJECT_SEARCH] = {"what you searched for", "您的检索词"},
        [SUBJECT_DEVICE] = {"a number of your device", "您的设备标识码"},
        [SUBJECT_LOCATION] = {"your location", "您的位置"},
        [SUBJECT_OTHER] = {"the value you declared as", "您声明的"},
};

/* Where a hit stood, with and without a key. */
static const struct {
    const char *where;
    struct said keyed, bare;
} places[] = {
        {"query", {"in the query parameter \"$0\"", "网址查询参数“$0”"},
                {"in the query of the address", "网址查询部分"}},
        {"path", {"in the path of the address", "网址路径"},
                {"in the path of the address", "网址路径"}},
        {"referer", {"in the Referer header", "Referer 请求头"},
                {"in the Referer header", "Referer 请求头"}},
        {"cookie", {"in the cookie \"$0\"", "Cookie“$0”"}, {"in a cookie", "Cookie"}},
        {"set-cookie", {"in the cookie \"$0\" that it set", "其写入的 Cookie“$0”"},
                {"in a cookie that it set", "其写入的 Cookie"}},
        {"header", {"in the header \"$0\"", "请求头或者响应头“$0”"},
                {"in a header", "请求头或者响应头"}},
        {"body", {"in the field \"$0\" of the body", "正文字段“$0”"}, {"in the body", "正文"}},
        {"websocket", {"in the field \"$0\" of a WebSocket message", "WebSocket 消息字段“$0”"},
                {"in a WebSocket message", "WebSocket 消息"}},
        {"location", {"in a redirect", "重定向地址"}, {"in a redirect", "重定向地址"}},
        {"etag", {"in an entity tag", "实体标签（ETag）"},
                {"in an entity tag", "实体标签（ETag）"}},
};

bool said_whole(struct said s)
{
    return s.en != NULL && s.zh != NULL;
}

static struct said fill(const struct declared_ground *g, const struct said *sentence,
        const struct finding_word *words)
{
    return (struct said){finding_say(g->j->arena, sentence->en, words),
            finding_say(g->j->arena, sentence->zh, words)};
}

struct said say_value(const struct declared_ground *g, const struct hit *h)
{
    static const struct said search = {"your search term \"$1\"", "您的检索词“$1”"},
                             other = {"$0 \"$1\" (declared value $2)",
                                     "$0“$1”（第 $2 个声明值）"},
                             whole = {"$0 (declared value $2)", "$0（第 $2 个声明值）"},
                             part = {"$0 in part (declared value $2: $3)",
                                     "$0的一部分（第 $2 个声明值，形式：$3）"};
    const struct subject_value *v = declared_value(g, h);
    const struct said *sentence = declared_partial(h)         ? &part
                                  : v->kind == SUBJECT_SEARCH ? &search
                                  : v->kind == SUBJECT_OTHER  ? &other
                                                              : &whole;
    const char *number = arena_print(g->j->arena, "%zu", v->number);
    struct finding_word words[] = {{{0}, LABEL_SHOWN},
            {v->kind == SUBJECT_SEARCH ? v->text : v->label, LABEL_SHOWN},
            {bytes_text(number), LABEL_SHOWN},
            {bytes_text(h->variant == NULL ? "" : h->variant->form), LABEL_SHOWN}};
    struct said said = {0};

    if (number == NULL)
        return said;
    words[0].text = bytes_text(nouns[v->kind].en);
    said.en = finding_say(g->j->arena, sentence->en, words);
    words[0].text = bytes_text(nouns[v->kind].zh);
    said.zh = finding_say(g->j->arena, sentence->zh, words);
    return said;
}

struct said say_where(const struct declared_ground *g, const struct hit *h)
{
    const struct finding_word key = {h->key, LABEL_SHOWN};
    const struct said unknown = {h->where, h->where};

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        if (strcmp(places[i].where, h->where) == 0)
            return fill(g, h->key.n == 0 ? &places[i].bare : &places[i].keyed, &key);
    }
    return unknown;
}

/* What the codings of a hit are called in a sentence; those that are not here as they are. */
static const struct {
    const char *name;
    struct said words;
} steps[] = {
        {"percent", {"percent escapes", "百分号转义"}},
        {"u-escape", {"%u escapes", "%u 转义"}},
        {"json", {"JSON escapes", "JSON 转义"}},
        {"entity", {"HTML entities", "HTML 实体"}},
        {"base64", {"Base64", "Base64 编码"}},
        {"base32", {"Base32", "Base32 编码"}},
        {"hex", {"hexadecimal digits", "十六进制"}},
        {"gzip", {"gzip", "gzip 压缩"}},
        {"zlib", {"zlib", "zlib 压缩"}},
        {"jwt", {"a JSON web token", "JWT 令牌"}},
        {"md5", {"MD5", "MD5 摘要"}},
        {"sha1", {"SHA-1", "SHA-1 摘要"}},
        {"sha224", {"SHA-224", "SHA-224 摘要"}},
        {"sha256", {"SHA-256", "SHA-256 摘要"}},
        {"sha384", {"SHA-384", "SHA-384 摘要"}},
        {"sha512", {"SHA-512", "SHA-512 摘要"}},
        {"sm3", {"SM3", "SM3 摘要"}},
        {"gbk", {"GBK", "GBK 编码"}},
        {"utf-16le", {"UTF-16", "UTF-16 编码"}},
};

static const char *step_word(const char *name, bool chinese)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        if (strcmp(steps[i].name, name) == 0)
            return chinese ? steps[i].words.zh : steps[i].words.en;
    }
    return name;
}

static enum status put_step(
        struct buf *out, const char *between, const char *name, bool chinese, size_t *n)
{
    enum status status = buf_text(out, (*n)++ == 0 ? "" : between);

    return status == STATUS_OK ? buf_text(out, step_word(name, chinese)) : status;
}

/* "base64 of percent of sha256 of md5", the outermost first. */
static enum status put_steps(
        struct buf *out, const struct hit *h, const char *between, bool chinese)
{
    enum status status = STATUS_OK;
    size_t n = 0;

    for (size_t i = 0; i < h->layer_count && status == STATUS_OK; i++) {
        if (h->layers[i] != LAYER_FIELD)
            status = put_step(out, between, search_layer_name(h->layers[i]), chinese, &n);
    }
    for (size_t i = 0; i < h->digest_count && status == STATUS_OK; i++)
        status = put_step(out, between, h->digests[i], chinese, &n);
    if (status == STATUS_OK && h->charset != NULL && strcmp(h->charset, "utf-8") != 0)
        status = put_step(out, between, h->charset, chinese, &n);
    return status;
}

static const char *one_form(const struct declared_ground *g, const struct hit *h,
        const char *between, bool chinese, const char *sentence)
{
    const char *said = NULL;
    struct buf text;

    buf_init(&text, CLAUSE_MOST);
    if (put_steps(&text, h, between, chinese) == STATUS_OK) {
        const struct finding_word word = {buf_view(&text), CLAUSE_MOST};

        said = text.n == 0 ? "" : finding_say(g->j->arena, sentence, &word);
    }
    buf_clear(&text);
    return said;
}

struct said say_form(const struct declared_ground *g, const struct hit *h)
{
    return (struct said){one_form(g, h, " of ", false, ", written as $0"),
            one_form(g, h, "、", true, "，其形式由外到内为 $0")};
}

static const char *one_pages(const struct declared_ground *g, const struct finding_sites *pages,
        const char *between, const char *sentence)
{
    const char *said = NULL;
    struct buf sites;

    if (pages->n == 0)
        return "";
    buf_init(&sites, CLAUSE_MOST);
    if (finding_put_sites(&sites, pages, between) == STATUS_OK) {
        const struct finding_word word = {buf_view(&sites), CLAUSE_MOST};

        said = finding_say(g->j->arena, sentence, &word);
    }
    buf_clear(&sites);
    return said;
}

struct said say_pages(const struct declared_ground *g, const struct finding_sites *pages)
{
    return (struct said){one_pages(g, pages, ", ", " on pages of $0"),
            one_pages(g, pages, "、", "在 $0 的页面上，")};
}

struct said say_who(const struct declared_ground *g, const struct finding *f)
{
    static const struct said known = {"$0 ($1)", "$0（$1）"}, unknown = {"$0", "$0"};
    const struct finding_word words[] = {
            {f->recipient, FINDING_NAME_SHOWN}, {bytes_text(f->owner), FINDING_NAME_SHOWN}};

    return fill(g, f->owner == NULL ? &unknown : &known, words);
}

bool declared_add_ids(const struct declared_ground *g, struct finding *f, const char *name,
        const size_t *exchanges, size_t n)
{
    struct bytes *list = arena_array(g->j->arena, DECLARED_IDS_MOST, sizeof(*list));
    size_t made = 0;

    if (list == NULL)
        return false;
    for (size_t i = 0; i < n && made < DECLARED_IDS_MOST; i++) {
        char id[EXCHANGE_ID_TEXT];
        bool again = false;

        for (size_t k = 0; k < i; k++)
            again |= exchanges[k] == exchanges[i];
        if (again)
            continue;
        exchange_id(g->e->exchanges[exchanges[i]], id);
        if (!arena_copy(g->j->arena, bytes_text(id), &list[made++]))
            return false;
    }
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = name, .kind = FACT_LIST, .list = list, .list_count = made});
    return true;
}

bool declared_add_encoding(
        const struct declared_ground *g, struct finding *f, const struct hit *h)
{
    struct bytes *list =
            arena_array(g->j->arena, SEARCH_CHAIN_MOST + SEARCH_DIGESTS_MOST, sizeof(*list));
    size_t n = 0;

    if (list == NULL)
        return false;
    for (size_t i = 0; i < h->layer_count; i++) {
        if (h->layers[i] != LAYER_FIELD)
            list[n++] = bytes_text(search_layer_name(h->layers[i]));
    }
    for (size_t i = 0; i < h->digest_count; i++)
        list[n++] = bytes_text(h->digests[i]);
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "encoding", .kind = FACT_LIST, .list = list, .list_count = n});
    return true;
}
