/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/compare_lines.h"

/* What no comparison of two profiles shows. */
static const struct compare_limit of_profiles[] = {
        {.en = "A value that is equal in both profiles may still be derived from what they "
               "share: "
               "the machine, its address, the place and the hour. Only a control on another "
               "machine and network tells these apart.",
                .zh = "两个环境中取值相同的值，仍可能由两者共有的设备、网络地址、地点或时段推导"
                      "而来；"
                      "只有在另一台设备和另一网络上制作对照，才能加以区分。"},
        {.en = "A name that one profile alone carried cannot be compared: sites choose what "
               "they "
               "send, and two visits are never the same.",
                .zh = "仅在一个环境中出现的名称无法比较：网站自行决定发送内容，两次访问不会完全"
                      "相同。"},
        {.en = "That the control was a clean profile which did the same rests on whoever made "
               "it; "
               "the packets do not show it.",
                .zh = "对照环境是否洁净、是否进行了相同操作，取决于制作者的说明，数据包本身不能"
                      "证明。"},
        {.en = "Credentials are compared by digest only, because their values are not in a "
               "case.",
                .zh = "案卷中不保存登录凭证的值，因此凭证仅按摘要比较。"},
};

static const struct compare_limit of_before_after[] = {
        {.en = "Whether a recipient deleted what it holds cannot be seen from the network; "
               "only "
               "what the browser and its recipients sent can.",
                .zh = "接收方是否删除了其持有的数据，从网络上无法看到；能看到的只是浏览器与接收"
                      "方发送的内容。"},
        {.en = "An identifier that was not seen again may have been kept: it need not have "
               "been "
               "sent in the second capture.",
                .zh = "未再出现的标识符仍可能被保留：第二次记录期间不一定会发送它。"},
        {.en = "A value that goes on may be a cookie that the browser kept; the request can "
               "have "
               "been honoured behind it.",
                .zh = "继续出现的值可能是浏览器保留的 Cookie；接收方内部仍可能已执行该请求。"},
        {.en = "Whether a value that goes on is this browser's own was not tested here; a "
               "comparison with a second profile shows that.",
                .zh = "此处未检验继续出现的值是否为本浏览器所独有；与对照环境比较方可说明。"},
};

static void add(struct compare_limit *out, size_t *n, struct compare_limit limit)
{
    if (*n < COMPARE_LIMITS_MOST)
        out[(*n)++] = limit;
}

size_t compare_limits(const struct comparison *c, struct compare_limit out[COMPARE_LIMITS_MOST])
{
    const struct compare_limit *fixed = of_profiles;
    size_t count = sizeof(of_profiles) / sizeof(*of_profiles);
    uint64_t unread = 0, incomplete = 0, left_out = 0;
    size_t n = 0;

    if (c->before_after) {
        fixed = of_before_after;
        count = sizeof(of_before_after) / sizeof(*of_before_after);
    }
    for (unsigned r = 0; r < COMPARE_CASES; r++) {
        if (c->cases[r] == NULL)
            continue;
        unread += c->cases[r]->unread_connections;
        incomplete += c->cases[r]->incomplete;
        left_out += c->cases[r]->items_left_out;
    }
    for (size_t i = 0; i < count; i++)
        add(out, &n, fixed[i]);
    if (!c->before_after && c->cases[COMPARE_A2] == NULL)
        add(out, &n,
                (struct compare_limit){
                        .en = "No capture after a restart of the browser was given, so that "
                              "a lasting identifier and one of a session are told apart by "
                              "declared lifetime only.",
                        .zh = "未提供重启浏览器后的记录，因此持久标识符与会话标识符只能按声明的"
                              "存续期区分。"});
    if (unread != 0)
        add(out, &n,
                (struct compare_limit){
                        .en = "Connections that could not be read: %llu. What they carried "
                              "was not compared.",
                        .zh = "无法读取的连接：%llu 个；其内容未参与比较。",
                        .number = unread,
                        .counted = true});
    if (incomplete != 0)
        add(out, &n,
                (struct compare_limit){
                        .en = "Exchanges that were not seen whole: %llu. A value that seems "
                              "to be absent may have been in them.",
                        .zh = "未完整记录的往来：%llu 次；看似未出现的值可能就在其中。",
                        .number = incomplete,
                        .counted = true});
    if (left_out != 0)
        add(out, &n,
                (struct compare_limit){
                        .en = "Items that were unreadable or too many to compare: %llu.",
                        .zh = "无法读取或因数量过多未比较的数据项：%llu 项。",
                        .number = left_out,
                        .counted = true});
    if (c->rows->capped)
        add(out, &n,
                (struct compare_limit){
                        .en = "Some names have so many values that not all were compared.",
                        .zh = "部分名称的取值过多，未全部比较。"});
    return n;
}

void compare_limit_text(
        const struct compare_limit *limit, bool chinese, char out[COMPARE_LIMIT_TEXT])
{
    const char *text = chinese ? limit->zh : limit->en, *mark = strstr(text, "%llu");

    if (!limit->counted || mark == NULL)
        (void)snprintf(out, COMPARE_LIMIT_TEXT, "%s", text);
    else
        (void)snprintf(out, COMPARE_LIMIT_TEXT, "%.*s%" PRIu64 "%s", (int)(mark - text), text,
                limit->number, mark + strlen("%llu"));
}
